import type { Aggregate } from '../../detectors/index.ts';
import { type ReadAnswer, SIGNAL } from './read-answers.ts';
import { escapeXml, svg } from './svg.ts';

const WIDTH = 960;
const HEIGHT = 360;
const PLOT = { left: 52, right: 16, top: 44, bottom: 84 };

/** One signal over the tokens of some answers, with the threshold as a dashed line. SVG. */
export function signalChart(
  answers: readonly ReadAnswer[],
  threshold: { readonly value: number; readonly aggregate: Aggregate } | null,
): string {
  const all = [...answers.flatMap(({ values }) => [...values]), threshold?.value ?? 0];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const count = Math.max(...answers.map(({ values }) => values.length));
  const x = (token: number) => PLOT.left + (token / (count - 1)) * (WIDTH - PLOT.left - PLOT.right);
  const y = (value: number) =>
    PLOT.top + ((high - value) / (high - low || 1)) * (HEIGHT - PLOT.top - PLOT.bottom);
  const paths = answers.map(
    ({ colour, values }) =>
      `<path fill="none" stroke="${colour}" stroke-width="2" d="M${[...values].map((value, token) => `${x(token).toFixed(1)},${y(value).toFixed(1)}`).join('L')}"/>`,
  );
  const legend = answers.map(
    ({ name, colour }, index) =>
      `<text x="${PLOT.left + index * 170}" y="24" fill="${colour}" font-weight="600">${name}</text>`,
  );
  const [first] = answers;
  const words = (first?.tokens ?? []).map(
    ({ start, end }, token) =>
      `<text transform="translate(${x(token).toFixed(1)},${HEIGHT - PLOT.bottom + 10}) rotate(60)" font-size="9" fill="#475569">${escapeXml(first?.text.slice(start, end).trim() ?? '')}</text>`,
  );
  const caption = `<text x="${WIDTH - PLOT.right}" y="24" text-anchor="end" fill="#475569">${SIGNAL}, by token (words of “${first?.name}”)</text>`;
  const line = threshold === null ? '' : thresholdLine(y(threshold.value), wordsOf(threshold.aggregate));
  return svg(
    { width: WIDTH, height: HEIGHT },
    `The signal ${SIGNAL} over the tokens of ${answers.length} answers`,
    [...legend, caption, line, ...paths, ...words],
  );
}

/** How the tokens' values become the one that is held against the threshold. */
function wordsOf({ kind, window }: Aggregate): string {
  if (kind === 'max') return 'with one token';
  if (kind === 'mean') return 'with the mean of all tokens';
  const which = kind === 'top_k_mean' ? `their ${window} strongest tokens` : `${window} tokens in a row`;
  return `with the mean of ${which}`;
}

function thresholdLine(at: number, how: string): string {
  const right = WIDTH - PLOT.right;
  return `<path stroke="#94a3b8" stroke-dasharray="4 4" d="M${PLOT.left},${at.toFixed(1)}H${right}"/>
<text x="${right}" y="${(at + 14).toFixed(1)}" text-anchor="end" fill="#64748b" font-size="11">1 % of ordinary answers reach this ${how}</text>`;
}
