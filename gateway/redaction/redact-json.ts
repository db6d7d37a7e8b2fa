import { type JsonToken, type Range, replaceRanges } from '../reading/json-source.ts';
import { isDeeper } from '../reading/parse-json.ts';
import { placedTokens } from './placed-tokens.ts';
import { mergeRanges } from './redact-text.ts';

const MAX_DEPTH = 64;

/** JSON text with the stretches taken out so that it stays JSON: what is matched of a string goes, keys too, a number
 *  goes whole, punctuation stays. All else keeps its bytes.
 *  @param plain - the same values as `text`, perhaps written otherwise and in another order
 *  @param ranges - in `plain`
 *  @returns null where either is no JSON or nested deeper than 64, or where they hold something else */
export function redactJson(
  text: string,
  {
    plain,
    ranges,
    replacement,
  }: { readonly plain: string; readonly ranges: readonly Range[]; readonly replacement: string },
): string | null {
  if (![text, plain].every((json) => isJson(json) && !isDeeper(Buffer.from(json), MAX_DEPTH))) return null;
  const written = placedTokens(text);
  const read = placedTokens(plain);
  if (written.size !== read.size) return null;
  const edits: (Range & { text: string })[] = [];
  for (const [place, token] of read) {
    const source = written.get(place);
    if (source === undefined || source.kind !== token.kind) return null;
    const touching = ranges.filter(({ start, end }) => start < token.end && end > token.start);
    if (touching.length === 0) continue;
    const fresh = redactToken({ text, source, plain, token, touching, replacement });
    if (fresh !== null) edits.push({ start: source.start, end: source.end, text: fresh });
  }
  return replaceRanges(text, edits);
}

interface TokenToRedact {
  readonly text: string;
  readonly source: JsonToken;
  readonly plain: string;
  readonly token: JsonToken;
  readonly touching: readonly Range[];
  readonly replacement: string;
}

function redactToken({ text, source, plain, token, touching, replacement }: TokenToRedact): string | null {
  if (token.kind === 'scalar') return JSON.stringify(replacement);
  const units = unitsOf(plain.slice(token.start, token.end));
  const within = touching.flatMap(({ start, end }) => {
    const hit = units.filter((unit) => unit.start + token.start < end && unit.end + token.start > start);
    const [first] = hit;
    return first === undefined ? [] : [{ start: first.index, end: (hit.at(-1)?.index ?? first.index) + 1 }];
  });
  if (within.length === 0) return null;
  return redactStringToken(text.slice(source.start, source.end), mergeRanges(within), replacement);
}

/** A string of JSON text, quotes included, with stretches of the text that it stands for replaced. */
export function redactStringToken(raw: string, ranges: readonly Range[], replacement: string): string {
  const units = unitsOf(raw);
  const fresh = JSON.stringify(replacement).slice(1, -1);
  const endOf = (index: number) => units[index]?.start ?? raw.length - 1;
  return replaceRanges(
    raw,
    ranges.map(({ start, end }) => ({ start: endOf(start), end: endOf(end), text: fresh })),
  );
}

interface Unit extends Range {
  /** UTF-16 offset in the text that the string stands for. */
  readonly index: number;
}

/** What stands for one UTF-16 unit each. */
function unitsOf(raw: string): Unit[] {
  const units: Unit[] = [];
  const end = raw.endsWith('"') && raw.length > 1 ? raw.length - 1 : raw.length;
  for (let at = 1; at < end; ) {
    const length = raw.charAt(at) !== '\\' ? 1 : raw.charAt(at + 1) === 'u' ? 6 : 2;
    units.push({ start: at, end: at + length, index: units.length });
    at += length;
  }
  return units;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
