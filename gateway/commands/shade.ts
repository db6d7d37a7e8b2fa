import type { TokenSpan } from '../../detectors/index.ts';

/** Background colours of a 256-colour terminal from pale to strong, with the text colour that is legible on each. */
const SHADES = [
  { background: 230, text: 16 },
  { background: 223, text: 16 },
  { background: 216, text: 16 },
  { background: 209, text: 16 },
  { background: 196, text: 231 },
] as const;

/** Shades text by strength: nothing at 0 or below, the strongest at 1 and above. */
export function shade(text: string, strength: number): string {
  if (!(strength > 0)) return text;
  const step = Math.min(SHADES.length - 1, Math.floor(strength * (SHADES.length - 1)));
  const { background, text: colour } = SHADES[step] ?? SHADES[0];
  return `\u001b[48;5;${background}m\u001b[38;5;${colour}m${text}\u001b[0m`;
}

/** Shades each token of a text by its strength; what lies between tokens stays as it is. */
export function shadeTokens(
  text: string,
  tokens: readonly TokenSpan[],
  strengths: readonly number[],
): string {
  let at = 0;
  let result = '';
  for (const [index, { start, end }] of tokens.entries()) {
    result += text.slice(at, Math.max(at, start)) + shade(text.slice(start, end), strengths[index] ?? 0);
    at = Math.max(at, end);
  }
  return result + text.slice(at);
}
