import { type JsonToken, jsonTokens } from '../reading/json-source.ts';

/** The strings and scalars of well-formed JSON, keys too, each under its place in the value: parsers put keys that are
 *  numbers first, so that the same value written anew has the same places in another order. Each is
 *  written out whole: what is nested deep costs the square of its depth. */
export function placedTokens(json: string): ReadonlyMap<string, JsonToken> {
  const placed = new Map<string, JsonToken>();
  const times = new Map<string, number>();
  const open: Level[] = [];
  for (const token of jsonTokens(json)) {
    const text = json.slice(token.start, token.end);
    if (token.kind === 'punctuation') step(open, text);
    else {
      const level = open.at(-1);
      const isKey = level?.awaitsKey === true;
      if (isKey) level.key = JSON.stringify(JSON.parse(text));
      // Of a key that stands twice each value has a place of its own.
      const place = `${isKey ? 'key ' : ''}${placeIn(open)}`;
      const before = times.get(place) ?? 0;
      times.set(place, before + 1);
      placed.set(before === 0 ? place : `${place} ${before}`, token);
    }
  }
  return placed;
}

interface Level {
  readonly place: string;
  /** The item's number in a list, the key in an object. */
  key: number | string;
  awaitsKey: boolean;
}

function step(open: Level[], character: string): void {
  const level = open.at(-1);
  if (character === '{') open.push({ place: placeIn(open), key: '', awaitsKey: true });
  else if (character === '[') open.push({ place: placeIn(open), key: 0, awaitsKey: false });
  else if (character === '}' || character === ']') open.pop();
  else if (level === undefined) return;
  else if (character === ':') level.awaitsKey = false;
  else if (typeof level.key === 'number') level.key += 1;
  else level.awaitsKey = true;
}

function placeIn(open: readonly Level[]): string {
  const level = open.at(-1);
  return level === undefined ? '' : `${level.place}/${level.key}`;
}
