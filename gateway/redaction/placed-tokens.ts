import { type JsonToken, jsonTokens } from '../reading/json-source.ts';

/** The strings and scalars of well-formed JSON, keys too, each under its place in the value: parsers put keys that are
 *  numbers first, so that the same value written anew has the same places in another order. */
export function placedTokens(json: string): ReadonlyMap<string, JsonToken> {
  const placed = new Map<string, JsonToken>();
  const open: Level[] = [];
  for (const token of jsonTokens(json)) {
    const text = json.slice(token.start, token.end);
    if (token.kind === 'punctuation') step(open, text);
    else {
      const level = open.at(-1);
      const isKey = level?.awaitsKey === true;
      if (isKey) level.key = JSON.stringify(JSON.parse(text));
      placed.set(freePlace(placed, `${isKey ? 'key ' : ''}${placeIn(open)}`), token);
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

/** Of a key that stands twice each value has a place of its own. */
function freePlace(taken: ReadonlyMap<string, unknown>, place: string): string {
  let free = place;
  while (taken.has(free)) free += '#';
  return free;
}
