import { type ReadAnswer, SIGNAL } from './read-answers.ts';
import { escapeXml, svg } from './svg.ts';

const WIDTH = 960;
const LEFT = 16;
const LINE = 30;
/** Widths of characters differ with the font; `textLength` fits each piece into what is reckoned here. */
const CHARACTER = 7.4;
const HOT = [194, 65, 12] as const;

/** The words of some answers, each token shaded by the signal: white at the threshold of nothing, full colour at the
 *  strongest token of all answers. SVG. */
export function heatMap(answers: readonly ReadAnswer[]): string {
  const strongest = Math.max(...answers.flatMap(({ values }) => [...values]));
  const parts: string[] = [];
  let y = 40;
  for (const { name, text, tokens, values } of answers) {
    parts.push(`<text x="${LEFT}" y="${y}" font-weight="600" fill="#0f172a">${name}</text>`);
    y += LINE;
    let x = LEFT;
    for (const [index, { start, end }] of tokens.entries()) {
      const piece = text.slice(start, end);
      const width = piece.length * CHARACTER;
      if (x + width > WIDTH - LEFT) [x, y] = [LEFT, y + LINE];
      const share = Math.min(1, Math.max(0, (values[index] ?? 0) / strongest));
      parts.push(
        `<rect x="${x.toFixed(1)}" y="${y - 17}" width="${width.toFixed(1)}" height="24" fill="rgb(${HOT.join(',')})" fill-opacity="${(share * 0.85).toFixed(3)}"/>` +
          `<text x="${x.toFixed(1)}" y="${y}" textLength="${width.toFixed(1)}" lengthAdjust="spacingAndGlyphs" xml:space="preserve" font-family="ui-monospace, monospace" fill="#0f172a">${escapeXml(piece)}</text>`,
      );
      x += width;
    }
    y += LINE + 14;
  }
  const caption = `<text x="${WIDTH - LEFT}" y="22" text-anchor="end" fill="#475569">${SIGNAL}: full colour is ${strongest.toFixed(1)}, white is 0 or less</text>`;
  return svg({ width: WIDTH, height: y }, `The tokens of ${answers.length} answers shaded by ${SIGNAL}`, [
    caption,
    ...parts,
  ]);
}
