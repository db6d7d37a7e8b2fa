import type { Config } from '../config/schema.ts';
import type { Wanted } from './create-upstreams.ts';

type Match = NonNullable<Config['upstreams'][number]['match']>;

/** Whether all that is said of an upstream's requests holds; nothing said holds. */
export function matches(match: Match | null, { target, headers, model }: Omit<Wanted, 'mount'>): boolean {
  if (match === null) return true;
  const { path, headers: wanted, model: patterns } = match;
  if (path !== undefined && !isBelow(target, path)) return false;
  const isSaid = ([name, value]: [string, string]) => headers[name] === value;
  if (wanted !== undefined && !Object.entries(wanted).every(isSaid)) return false;
  if (patterns === undefined) return true;
  return model !== null && [patterns].flat().some((pattern) => isLike(model, pattern));
}

/** `/v1/messages` is below `/v1/messages` and `/v1`, not below `/v1/mess`. */
function isBelow(target: string, path: string): boolean {
  const next = target.charAt(path.length);
  return target.startsWith(path) && (next === '' || next === '/' || next === '?');
}

/** Whether text has the pattern's form, where `*` is any text; without a regular expression, since callers choose
 *  the text. */
export function isLike(text: string, pattern: string): boolean {
  const [first = '', ...parts] = pattern.split('*');
  const last = parts.pop();
  if (last === undefined) return text === pattern;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of parts) {
    const found = text.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
