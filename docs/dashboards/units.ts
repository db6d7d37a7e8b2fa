/** A value in Grafana's unit, short. */
export function withUnit(value: number, unit: string): string {
  if (!Number.isFinite(value)) return String(value);
  if (unit === 's') return seconds(value);
  if (unit === 'bytes') return scaled(value, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB'], ' ');
  if (unit === 'percentunit') return `${plain(value * 100)}%`;
  const short = scaled(value, 1000, ['', ' K', ' Mil', ' Bil'], '');
  return SUFFIXES[unit] === undefined ? short : `${short} ${SUFFIXES[unit]}`;
}

/** The least step of an axis in a unit that is at least so long: 1, 2 or 5 times a power of ten, or what is round in
 *  minutes or in bytes. */
export function niceStep(least: number, unit: string): number {
  if (unit === 'bytes') return 2 ** Math.ceil(Math.log2(least));
  if (unit === 's' && least > 10)
    return [15, 30, 60, 120, 300, 600, 1800].find((one) => one >= least) ?? 3600;
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 5, 10].find((one) => one * power >= least) ?? 10) * power;
}

const SUFFIXES: Readonly<Record<string, string>> = { reqps: 'req/s', ops: 'ops/s' };

function seconds(value: number): string {
  if (value === 0) return '0 s';
  if (value < 0.001) return `${plain(value * 1e6)} µs`;
  if (value < 1) return `${plain(value * 1000)} ms`;
  return value < 60 ? `${plain(value)} s` : `${plain(value / 60)} min`;
}

function scaled(value: number, by: number, units: readonly string[], gap: string): string {
  let size = 0;
  let rest = value;
  while (Math.abs(rest) >= by && size < units.length - 1) {
    rest /= by;
    size += 1;
  }
  return `${plain(rest)}${gap}${units[size]}`;
}

/** Three digits, without zeros at the end. */
function plain(value: number): string {
  return Math.abs(value) >= 1000 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}
