import { svg } from '../../docs/charts/svg.ts';
import type { Results } from './results.ts';

const WIDTH = 760;
const LEFT = 190;
const RIGHT = 70;
const TOP = 44;
const BAR = 13;
const ROW = 40;

const NAMES: Readonly<Record<string, string>> = {
  direct: 'no gateway',
  express: 'bare Express 5 proxy',
  telltale: 'Telltale, no rules',
  telltale_observe: 'Telltale, observing',
  telltale_enforce: 'Telltale, enforcing',
  portkey: 'Portkey gateway',
};

const KINDS = [
  { key: 'json_rps', name: 'JSON', colour: '#0f766e' },
  { key: 'stream_rps', name: 'streams of 20 events', colour: '#c2410c' },
] as const;

/** Requests a second of each server as bars, JSON above streams. SVG. */
export function speedChart(results: Readonly<Results>): string {
  const rows = Object.entries(NAMES).flatMap(([key, name]) => {
    const result = results[key];
    return result === undefined ? [] : [{ name, result }];
  });
  const most = Math.max(...rows.flatMap(({ result }) => KINDS.map(({ key }) => result[key])));
  const height = TOP + rows.length * ROW + 8;
  const bars = rows.map(({ name, result }, index) => {
    const y = TOP + index * ROW;
    const label = `<text x="${LEFT - 10}" y="${y + BAR + 4}" text-anchor="end">${name}</text>`;
    const both = KINDS.map(({ key, colour }, order) => {
      const width = (result[key] / most) * (WIDTH - LEFT - RIGHT);
      const top = y + order * (BAR + 2);
      return (
        `<rect x="${LEFT}" y="${top}" width="${width.toFixed(1)}" height="${BAR}" fill="${colour}"/>` +
        `<text x="${(LEFT + width + 6).toFixed(1)}" y="${top + BAR - 2}">${result[key].toFixed(0)}</text>`
      );
    });
    return label + both.join('');
  });
  const legend = KINDS.map(
    ({ name, colour }, index) =>
      `<rect x="${LEFT + index * 120}" y="14" width="12" height="12" fill="${colour}"/>` +
      `<text x="${LEFT + 18 + index * 120}" y="24">${name}</text>`,
  );
  return svg({ width: WIDTH, height }, 'Requests a second, as JSON and as streams', [...legend, ...bars]);
}
