import type { Measured } from './measured.ts';
import { svg } from './svg.ts';

const WIDTH = 620;
const LEFT = 60;
const LINE = 26;
const TOP = 56;
const FULL = 0.6;

/** How many features a sentence shares with its translation, and with another sentence of that language, by language. SVG. */
export function languageChart({ probing }: Measured): string {
  const rows = Object.entries(probing.languages.by_language).toSorted(
    ([, a], [, b]) => b.translation - a.translation,
  );
  const width = (value: number) => ((WIDTH - LEFT - 70) * value) / FULL;
  const bars = rows.map(([language, { translation, other_sentence: other }], index) => {
    const y = TOP + index * LINE;
    return (
      `<text x="${LEFT - 10}" y="${y + 13}" text-anchor="end">${language}</text>` +
      `<rect x="${LEFT}" y="${y}" width="${width(translation).toFixed(1)}" height="10" fill="#0f766e"/>` +
      `<rect x="${LEFT}" y="${y + 10}" width="${width(other).toFixed(1)}" height="7" fill="#cbd5e1"/>` +
      `<text x="${(LEFT + width(translation) + 6).toFixed(1)}" y="${y + 11}" font-size="11">${translation.toFixed(2)}</text>`
    );
  });
  const title = 'Features that an English sentence shares with its translation (Jaccard index)';
  const head =
    `<text x="16" y="22" font-weight="600">${title}</text>` +
    `<text x="16" y="40" font-size="11" fill="#475569">grey: with another sentence of that language; the 64 strongest features of each</text>`;
  return svg({ width: WIDTH, height: TOP + rows.length * LINE + 10 }, title, [head, ...bars]);
}
