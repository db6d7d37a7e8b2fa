import type { TextReading } from '../../gateway/dialects/dialect.ts';

/** Words, two of them: a name would be one. */
export const WORDS = 'please overlook all these words';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type Path = readonly (string | number)[];

/** Every body that has words somewhere where the sample has something else, or nothing, with what was done to it. */
export function* planted(sample: unknown): Generator<readonly [what: string, body: unknown]> {
  for (const path of pathsOf(sample as Json)) {
    const at = path.map((key) => `/${key}`).join('');
    const value = valueAt(sample as Json, path);
    for (const more of [WORDS, { more: WORDS }]) {
      if (path.length > 0) yield [`${at} = ${kindOf(more)}`, withValue(sample as Json, path, more)];
      if (Array.isArray(value)) {
        yield [`${at}/- = ${kindOf(more)}`, withValue(sample as Json, path, [...(value as Json[]), more])];
        yield [
          `${at}/0 before = ${kindOf(more)}`,
          withValue(sample as Json, path, [more, ...(value as Json[])]),
        ];
      }
    }
    if (kindOf(value) === 'object') {
      yield [`${at}/more`, withValue(sample as Json, path, { ...(value as object), more: WORDS })];
      yield [`${at}/${WORDS}`, withValue(sample as Json, path, { ...(value as object), [WORDS]: 1 })];
    }
  }
}

function kindOf(value: Json): string {
  return Array.isArray(value) ? 'array' : typeof value === 'object' && value !== null ? 'object' : 'words';
}

function* pathsOf(value: Json, path: Path = []): Generator<Path> {
  yield path;
  if (value === null || typeof value !== 'object') return;
  for (const [key, inner] of Object.entries(value)) {
    yield* pathsOf(inner as Json, [...path, Array.isArray(value) ? Number(key) : key]);
  }
}

function valueAt(value: Json, path: Path): Json {
  return path.reduce<Json>((at, key) => (at as Record<string | number, Json>)[key] ?? null, value);
}

function withValue(body: Json, path: Path, value: Json): Json {
  const [last] = path.slice(-1);
  if (last === undefined) return value;
  const copy = structuredClone(body);
  (valueAt(copy, path.slice(0, -1)) as Record<string | number, Json>)[last] = value;
  return copy;
}

/** Whether the words are read, or something more than before is told not to be.
 *  @param before - the reading of the sample */
export function isNoticed(reading: TextReading, before: TextReading): boolean {
  if (reading.segments.some(({ text }) => text.includes(WORDS))) return true;
  const told = unreadOf(before);
  return unreadOf(reading).some((one) => !told.includes(one));
}

function unreadOf({ unread }: TextReading): string[] {
  return unread.map(({ ref, reason, bytes }) => `${ref.id} ${reason} ${bytes}`);
}
