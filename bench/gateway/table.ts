import type { Results } from './results.ts';

const HEAD = [
  '',
  'JSON/s',
  '/ Express',
  '/ Portkey',
  'streams/s',
  '/ Express',
  '+first byte p50 ms',
  '+p99 ms',
  'RSS MiB',
  'growth MiB',
  'errors',
];

/** Requests a second with their ratio to bare Express and to Portkey, and what each adds to the time of the first byte. */
export function tableOf(all: Readonly<Results>): string {
  const { direct, express, portkey } = all;
  const rows = Object.entries(all).map(([name, row]) => [
    name,
    row.json_rps.toFixed(0),
    ratio(row.json_rps, express?.json_rps),
    ratio(row.json_rps, portkey?.json_rps),
    row.stream_rps.toFixed(0),
    ratio(row.stream_rps, express?.stream_rps),
    added(row.ttfb_p50_ms, direct?.ttfb_p50_ms),
    added(row.ttfb_p99_ms, direct?.ttfb_p99_ms),
    row.rss_mb?.toFixed(0) ?? '-',
    row.rss_growth_mb?.toFixed(1) ?? '-',
    String(row.errors),
  ]);
  const lines = [HEAD, ...rows];
  const widths = HEAD.map((_title, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0)));
  return lines
    .map((line) => `${line.map((cell, index) => cell.padStart(widths[index] ?? 0)).join('  ')}\n`)
    .join('');
}

function ratio(value: number, base = Number.NaN): string {
  return `${(value / base).toFixed(2)}×`;
}

function added(value: number, base = Number.NaN): string {
  return (value - base).toFixed(2);
}
