import type { Cost } from './measured.ts';
import { svg } from './svg.ts';

const SIZE = { width: 780, height: 430 };
const PLOT = { left: 64, right: 110, top: 50, bottom: 66 };
const BATCH = 'eight segments';
const SHIPPED = { layers: 8, precision: 'int8 weights' };
const COLOURS: Readonly<Record<string, string>> = {
  float32: '#9ca3af',
  'int8 weights': '#0f766e',
  int8: '#c2410c',
};
/** Where a label stands beside its dot: float32 and its rounded weights lie close together. */
const LABEL_BELOW: Readonly<Record<string, number>> = { float32: -8, 'int8 weights': 16 };

/** Quality of the reader's candidates against what they cost. SVG. */
export function costChart(costs: readonly Cost[]): string {
  const speeds = costs.map(({ tokens_a_second: speed }) => speed[BATCH] ?? 0);
  const qualities = costs.map(({ auroc }) => auroc['all'] ?? 0);
  const fastest = Math.max(...speeds);
  const [low, high] = [Math.min(...qualities) - 0.005, Math.max(...qualities) + 0.005];
  const x = (speed: number) => PLOT.left + (speed / fastest) * (SIZE.width - PLOT.left - PLOT.right);
  const y = (quality: number) =>
    PLOT.top + ((high - quality) / (high - low)) * (SIZE.height - PLOT.top - PLOT.bottom);
  const bottom = SIZE.height - PLOT.bottom;
  const speedTicks = ticks(0, fastest, 2000).map(
    (tick) =>
      `<path stroke="#e5e7eb" d="M${x(tick).toFixed(1)},${PLOT.top}V${bottom}"/><text x="${x(tick).toFixed(1)}" y="${bottom + 18}" text-anchor="middle" font-size="11">${tick}</text>`,
  );
  const qualityTicks = ticks(low, high, 0.01).map(
    (tick) =>
      `<path stroke="#e5e7eb" d="M${PLOT.left},${y(tick).toFixed(1)}H${SIZE.width - PLOT.right}"/><text x="${PLOT.left - 8}" y="${(y(tick) + 4).toFixed(1)}" text-anchor="end" font-size="11">${tick.toFixed(2)}</text>`,
  );
  const dots = costs.map(({ layers, precision }, index) => {
    const ships = layers === SHIPPED.layers && precision === SHIPPED.precision;
    const [cx, cy] = [x(speeds[index] ?? 0), y(qualities[index] ?? 0)];
    return (
      `<circle cx="${cx.toFixed(1)}" cy="${cy.toFixed(1)}" r="${ships ? 8 : 5}" fill="${COLOURS[precision] ?? '#000'}"/>` +
      `<text x="${(cx + 12).toFixed(1)}" y="${(cy + (LABEL_BELOW[precision] ?? 4)).toFixed(1)}" font-size="11">${layers} layers${ships ? ', ships' : ''}</text>`
    );
  });
  const legend = Object.entries(COLOURS).map(
    ([name, colour], index) =>
      `<circle cx="${PLOT.left + index * 140}" cy="${SIZE.height - 16}" r="5" fill="${colour}"/><text x="${PLOT.left + 10 + index * 140}" y="${SIZE.height - 12}">${name}</text>`,
  );
  const title = 'Mean AUROC of a dense probe, tokens a second on one core';
  const caption = `<text x="${PLOT.left}" y="26" font-weight="600">${title} (${BATCH} of 128)</text>`;
  return svg(SIZE, title, [caption, ...speedTicks, ...qualityTicks, ...dots, ...legend]);
}

function ticks(low: number, high: number, step: number): number[] {
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, index) => (first + index) * step);
}
