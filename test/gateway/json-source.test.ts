import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createLocator, type Key, locateValue } from '../../gateway/reading/json-source.ts';

/** Every path to a value, and two that lead nowhere. */
function pathsOf(value: unknown, path: readonly Key[] = []): (readonly Key[])[] {
  const inside = value === null || typeof value !== 'object' ? [] : Object.entries(value);
  const isList = Array.isArray(value);
  return [
    path,
    [...path, 'no such key'],
    ...(isList ? [[...path, inside.length]] : []),
    ...inside.flatMap(([key, member]) => pathsOf(member, [...path, isList ? Number(key) : key])),
  ];
}

test('values that are asked for in any order, and again, stand where each alone is found', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), fc.infiniteStream(fc.nat()), (json, numbers) => {
      const paths = pathsOf(JSON.parse(json));
      const locate = createLocator(json);
      for (const number of [...numbers.take(paths.length * 2)]) {
        const keys = paths[number % paths.length] ?? [];
        const range = locate(keys);
        assert.deepEqual(range, locateValue(json, keys));
        const value = keys.reduce<unknown>(
          (at, key) => (at as Record<Key, unknown> | null)?.[key],
          JSON.parse(json),
        );
        const isThere = value !== undefined && typeof value !== 'function';
        assert.deepEqual(
          range === null ? undefined : JSON.parse(json.slice(range.start, range.end)),
          isThere ? value : undefined,
        );
      }
    }),
  );
});

test('of a key that comes twice the last one counts', () => {
  const json = '{"a":[1,{"b":1,"b":[2,3]}],"a":[4,5]}';
  const locate = createLocator(json);
  const textAt = (keys: readonly Key[]) => {
    const range = locate(keys);
    return range === null ? null : json.slice(range.start, range.end);
  };
  assert.deepEqual(
    [
      ['a', 1],
      ['a', 0],
      ['a', 1, 'b'],
      ['a', 2],
    ].map(textAt),
    ['5', '4', null, null],
  );
});
