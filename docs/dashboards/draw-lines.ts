import type { QueryRange } from '../../test/services/prometheus.ts';
import { escapeXml } from '../charts/svg.ts';
import type { Box } from './draw-panel.ts';
import type { PanelData, PanelLine } from './read-panels.ts';
import { niceStep, withUnit } from './units.ts';

const COLOURS = [
  '#3274d9',
  '#e0752d',
  '#299c46',
  '#a352cc',
  '#d44a3a',
  '#1f9e9e',
  '#b8860b',
  '#e24d91',
  '#5a6370',
  '#7eb26d',
  '#6f4e37',
  '#447ebc',
];
const LEGEND_ROW = 16;
const MAX_LEGEND_ROWS = 3;
const AXIS_WIDTH = 62;
const AXIS_HEIGHT = 18;
const TICKS = 4;
const SIZE_OF_A_LETTER = 6.4;

/** Lines over time with their axes, the limit where it lies within, and the legend below. */
export function drawLines({ panel, lines }: PanelData, box: Box, range: QueryRange): string {
  const { unit, min, thresholds } = panel.fieldConfig.defaults;
  const legend = legendOf(lines, box);
  const plot = {
    x: box.x + AXIS_WIDTH,
    y: box.y + 4,
    width: box.width - AXIS_WIDTH - 4,
    height: box.height - AXIS_HEIGHT - legend.height - 8,
  };
  const highest = Math.max(...lines.flatMap(({ values }) => values.map(([, value]) => finite(value))), min);
  const step = niceStep((highest - min) / TICKS || 0.25, unit);
  const top = min + step * Math.max(Math.ceil((highest - min) / step), 1);
  const x = (seconds: number) => plot.x + ((seconds - range.start) / (range.end - range.start)) * plot.width;
  const y = (value: number) => plot.y + plot.height - ((finite(value) - min) / (top - min)) * plot.height;
  const limits = thresholds.steps.flatMap(({ value }) => (value !== null && value < top ? [value] : []));
  return [
    ...levels(min, top, step).map((value) => levelAt(y(value), withUnit(value, unit), plot)),
    ...minutes(range).map((seconds) => timeAt(x(seconds), seconds, plot)),
    ...limits.map((value) => limitAt(y(value), plot)),
    ...lines.map((line, index) => pathOf(line, { x, y, colour: colourAt(index), gap: range.step * 2 })),
    legend.drawn,
  ].join('\n');
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}

function levels(min: number, top: number, step: number): number[] {
  return Array.from({ length: Math.round((top - min) / step) + 1 }, (_, index) => min + index * step);
}

function levelAt(y: number, text: string, plot: Box): string {
  return `<path d="M${plot.x},${y.toFixed(1)}h${plot.width}" stroke="#e9edf2"/>
<text x="${plot.x - 8}" y="${(y + 4).toFixed(1)}" text-anchor="end" font-size="11" fill="#5a6370">${escapeXml(text)}</text>`;
}

function minutes({ start, end }: QueryRange): number[] {
  const first = Math.ceil(start / 60) * 60;
  return Array.from({ length: Math.floor((end - first) / 60) + 1 }, (_, index) => first + index * 60);
}

function timeAt(x: number, seconds: number, plot: Box): string {
  const time = new Date(seconds * 1000).toISOString().slice(11, 16);
  return `<path d="M${x.toFixed(1)},${plot.y}v${plot.height}" stroke="#f3f5f8"/>
<text x="${x.toFixed(1)}" y="${plot.y + plot.height + 15}" text-anchor="middle" font-size="11" fill="#5a6370">${time}</text>`;
}

function limitAt(y: number, plot: Box): string {
  return `<path d="M${plot.x},${y.toFixed(1)}h${plot.width}" stroke="#d44a3a" stroke-dasharray="6 4"/>`;
}

function colourAt(index: number): string {
  return COLOURS[index % COLOURS.length] ?? '#000000';
}

interface Scales {
  readonly x: (seconds: number) => number;
  readonly y: (value: number) => number;
  readonly colour: string;
  /** Seconds without a sample after which the line breaks. */
  readonly gap: number;
}

function pathOf({ values }: PanelLine, { x, y, colour, gap }: Scales): string {
  let before = Number.NEGATIVE_INFINITY;
  const points = values.flatMap(([seconds, value]) => {
    if (!Number.isFinite(value)) return [];
    const move = seconds - before > gap ? 'M' : 'L';
    before = seconds;
    return [`${move}${x(seconds).toFixed(1)},${y(value).toFixed(1)}`];
  });
  return `<path fill="none" stroke="${colour}" stroke-width="1.5" stroke-linecap="round" d="${points.join('')}"/>`;
}

/** As many names as fit, in rows from the bottom of the box. */
function legendOf(
  lines: readonly PanelLine[],
  box: Box,
): { readonly drawn: string; readonly height: number } {
  const rows: { readonly name: string; readonly index: number; readonly x: number }[][] = [[]];
  let x = 0;
  let left = lines.length;
  for (const [index, { name }] of lines.entries()) {
    const width = 26 + name.length * SIZE_OF_A_LETTER;
    const isLast = rows.length === MAX_LEGEND_ROWS;
    if (isLast && x + width > box.width - 80) break;
    if (x + width > box.width) {
      rows.push([]);
      x = 0;
    }
    rows.at(-1)?.push({ name, index, x });
    x += width;
    left -= 1;
  }
  const height = rows.length * LEGEND_ROW;
  const at = (row: number) => box.y + box.height - height + 12 + row * LEGEND_ROW;
  const names = rows.flatMap((row, place) =>
    row.map(
      (one) =>
        `<path d="M${box.x + one.x},${at(place) - 4}h12" stroke="${colourAt(one.index)}" stroke-width="3"/><text x="${box.x + one.x + 16}" y="${at(place)}" font-size="11" fill="#24292e">${escapeXml(one.name)}</text>`,
    ),
  );
  const more = `<text x="${box.x + x}" y="${at(rows.length - 1)}" font-size="11" fill="#8e96a0">… ${left} more</text>`;
  return { drawn: [...names, ...(left > 0 ? [more] : [])].join('\n'), height };
}
