import { effect } from '@preact/signals';
import uPlot from 'uplot';
import { pointedToken } from '../state/pointer.ts';
import { figure } from '../text/wording.ts';
import { drawBand, drawThreshold, splitAtThreshold } from './draw.ts';
import { readPalette } from './palette.ts';

/** What a chart shows: one value a token, and which tokens a finding is about. */
export interface ChartData {
  readonly segmentId: string;
  readonly values: readonly number[];
  readonly threshold: number;
  readonly firstToken: number;
  readonly lastToken: number;
}

const HEIGHT_PX = 104;
/** With more tokens than this, bars would be thinner than a pixel or two. */
const MOST_BARS = 240;
/** Figures of the axis that are less of the height apart would stand in each other. */
const APART = 0.18;
const DARK = '(prefers-color-scheme: dark)';

/** Draws the chart and keeps it right when the width, the colour scheme or the pointed token changes.
 *  @returns takes it all down again */
export function createChart(host: HTMLElement, data: ChartData): () => void {
  let plot = draw(host, data);
  const redraw = () => {
    plot.destroy();
    plot = draw(host, data);
  };
  const scheme = matchMedia(DARK);
  scheme.addEventListener('change', redraw);
  const sizes = new ResizeObserver(() => plot.setSize({ width: host.clientWidth, height: HEIGHT_PX }));
  sizes.observe(host);
  const stopFollowing = effect(() => {
    const pointed = pointedToken.value;
    const index = pointed?.segmentId === data.segmentId ? pointed.index : null;
    const left = index === null ? -10 : plot.valToPos(index + 1, 'x');
    plot.setCursor({ left, top: -10 }, false);
  });
  return () => {
    stopFollowing();
    sizes.disconnect();
    scheme.removeEventListener('change', redraw);
    plot.destroy();
  };
}

function draw(host: HTMLElement, data: ChartData): uPlot {
  const { values, threshold, segmentId } = data;
  const palette = readPalette(host);
  const peak = Math.max(threshold, ...sampled(values)) * 1.08;
  const lowest = lowestShown(values, threshold, peak);
  const bars = values.length <= MOST_BARS ? uPlot.paths.bars?.({ size: [0.78, 14] }) : undefined;
  const axis = { stroke: palette.text, font: palette.font, ticks: { show: false }, grid: { show: false } };
  const paint = (plot: uPlot) => splitAtThreshold(plot, threshold, palette);
  const options: uPlot.Options = {
    width: host.clientWidth,
    height: HEIGHT_PX,
    padding: [6, 4, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    scales: { x: { time: false, range: [0.4, values.length + 0.6] }, y: { range: [lowest, peak] } },
    axes: [
      { ...axis, size: 20, gap: 3, space: 60, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000] },
      { ...axis, size: 32, gap: 4, splits: () => marks(lowest, threshold, peak), values: figures },
    ],
    series: [
      {},
      {
        stroke: paint,
        fill: paint,
        fillTo: lowest,
        width: bars ? 0 : 1.25,
        points: { show: false },
        ...(bars && { paths: bars }),
      },
    ],
    hooks: {
      drawClear: [(plot) => drawBand(plot, data, palette)],
      draw: [(plot) => drawThreshold(plot, threshold, palette)],
      setCursor: [
        ({ cursor: { idx } }) => {
          pointedToken.value = typeof idx === 'number' ? { segmentId, index: idx } : null;
        },
      ],
    },
  };
  return new uPlot(options, [values.map((_, index) => index + 1), [...values]], host);
}

/** Zero, or where the threshold is not above it as far down as the values go, at most as far as the peak is above it. */
function lowestShown(values: readonly number[], threshold: number, peak: number): number {
  if (threshold > 0) return 0;
  return Math.min(threshold, Math.max(threshold - (peak - threshold), Math.min(...sampled(values))));
}

/** What the axis tells: the threshold, and the lowest value where there is room for both. */
function marks(lowest: number, threshold: number, peak: number): number[] {
  const isApart = (threshold - lowest) / (peak - lowest) > APART;
  return isApart ? [lowest, threshold] : [threshold];
}

const figures = (_plot: uPlot, splits: readonly number[]): string[] => splits.map(figure);

/** Math.max takes its values as arguments, which have a limit; a chart of more tokens is read in strides. */
function sampled(values: readonly number[]): readonly number[] {
  return values.length <= 50_000 ? values : values.filter((_, index) => index % 10 === 0);
}
