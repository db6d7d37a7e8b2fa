import { svg } from '../../docs/charts/svg.ts';
import type { Measured } from './measure.ts';
import type { Baseline } from './report.ts';

const WIDTH = 920;
const LEFT = 280;
const RIGHT = 30;
const TOP = 56;
const LINE = 18;
const LEAST = 0.4;

/** AUROC of `any` by part as dots: concept, dense probe and TF-IDF on one line a part. SVG. */
export function aurocByPart({ parts }: Measured, baseline: Baseline): string {
  const rows = Object.entries(parts).filter(([, { auroc }]) => auroc !== null);
  const height = TOP + rows.length * LINE + 30;
  const x = (value: number) =>
    LEFT + ((Math.max(LEAST, value) - LEAST) / (1 - LEAST)) * (WIDTH - LEFT - RIGHT);
  const ticks = [0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1].map(
    (tick) =>
      `<line x1="${x(tick)}" x2="${x(tick)}" y1="${TOP - 6}" y2="${height - 24}" stroke="#ddd"/>` +
      `<text x="${x(tick)}" y="${height - 8}" text-anchor="middle">${tick}</text>`,
  );
  const lines = rows.map(([part, { auroc, probe, interval }], index) => {
    const y = TOP + index * LINE + 6;
    const dot = (value: number | null | undefined, colour: string) =>
      typeof value === 'number'
        ? `<circle cx="${x(value).toFixed(1)}" cy="${y}" r="4.5" fill="${colour}"/>`
        : '';
    const band =
      interval === null
        ? ''
        : `<line x1="${x(interval[0]).toFixed(1)}" x2="${x(interval[1]).toFixed(1)}" y1="${y}" y2="${y}" stroke="#0f766e" stroke-width="2" opacity="0.4"/>`;
    return (
      `<text x="${LEFT - 10}" y="${y + 4}" text-anchor="end">${part}</text>${band}` +
      dot(baseline[part]?.auroc, '#9ca3af') +
      dot(probe, '#c2410c') +
      dot(auroc, '#0f766e')
    );
  });
  const legend = [
    ['concept, with its 95 % interval', '#0f766e'],
    ['dense probe', '#c2410c'],
    ['TF-IDF', '#9ca3af'],
  ].map(
    ([name, colour], index) =>
      `<circle cx="${LEFT + index * 240}" cy="24" r="5" fill="${colour}"/><text x="${LEFT + 10 + index * 240}" y="28">${name}</text>`,
  );
  return svg({ width: WIDTH, height }, 'AUROC of any harm by part', [...legend, ...ticks, ...lines]);
}
