import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createCrowd } from '../../detectors/index.ts';

/** Indented: in an object literal or a function. Those of a module are made once. */
const ACCESSOR = /^\s+(get|set) \w+\(/;
const INNER_GENERATOR = /^\s+.*(function\*|async \*\w|(?<![\w*/]) \*\[?\w+\]?\()/;

function found(source: string, pattern: RegExp): string[] {
  return source.split('\n').filter((line) => !/^\s*(\*|\/\/|\/\*)/.test(line) && pattern.test(line));
}

test('an accessor in a literal and a generator in a function are found', () => {
  assert.equal(found('  return {\n    get bytes() {', ACCESSOR).length, 1);
  assert.equal(found('  async function* chunks() {', INNER_GENERATOR).length, 1);
  assert.equal(found('  const of = function* () {', INNER_GENERATOR).length, 1);
  assert.deepEqual(found('function* atTheTop() {\n  getBytes();\n  bytes: () => a *b(c),', ACCESSOR), []);
  assert.deepEqual(found('function* atTheTop() {\n  const area = a * b(c);', INNER_GENERATOR), []);
});

// Either makes a hidden class of its own each time, which keeps all that its closure sees until the next collection of the
// whole heap: see docs/decisions/2026-11-27-what-outlives-an-exchange.md.
test('nothing on the way of an exchange makes a hidden class each time', () => {
  const files = globSync('{gateway,alerts,detectors}/**/*.ts', { exclude: ['gateway/commands/**'] });
  assert.ok(files.length > 300);
  const all = files.flatMap((file) => {
    const source = readFileSync(file, 'utf8');
    return [ACCESSOR, INNER_GENERATOR].flatMap((pattern) =>
      found(source, pattern).map((line) => `${file}: ${line.trim()}`),
    );
  });
  assert.deepEqual(all, []);
});

test('whoever leaves a crowd is gone, in whatever order, and leaves once', () => {
  const crowd = createCrowd<string>();
  const names = ['a', 'b', 'c', 'd'];
  const leave = names.map((name) => crowd.join(name));
  leave[1]?.();
  leave[1]?.();
  assert.deepEqual([...crowd.members()].sort(), ['a', 'c', 'd']);
  leave[3]?.();
  const again = crowd.join('e');
  leave[0]?.();
  leave[3]?.();
  assert.deepEqual([...crowd.members()].sort(), ['c', 'e']);
  again();
  leave[2]?.();
  assert.deepEqual(crowd.members(), []);
});
