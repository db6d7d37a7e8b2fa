import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { loadTexts, ruleText, shown } from './rule-text.ts';

const SUITE = join(import.meta.dirname, '../../../shared/data/bad-input/yaml-test-suite.jsonl');

interface SuiteCase {
  readonly name: string;
  readonly expect: 'accept' | 'reject';
  readonly text: string;
}

/** The suite may not be copied into the project; where it is not beside the clone, these two say so and are skipped. */
const skip = existsSync(SUITE)
  ? false
  : '../shared/data/bad-input/yaml-test-suite.jsonl is not beside this clone';

function readSuite(): SuiteCase[] {
  const lines = readFileSync(SUITE, 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as SuiteCase);
}

test("the YAML suite's 94 bad files are all refused with line and column, and no file crashes", {
  skip,
}, async (t) => {
  const suite = readSuite();
  assert.equal(suite.filter(({ expect }) => expect === 'reject').length, 94);
  for (const { name, text } of suite) {
    const result = await loadTexts(t, [text]);
    assert.equal(result.ok, false, name);
    assert.ok(result.problems.length > 0, name);
    for (const { line, column, message } of result.problems) {
      assert.ok(line >= 1 && line <= text.split(/\r\n|\r|\n/).length, `${name}: line ${line}`);
      assert.ok(column >= 1 && message !== '', name);
    }
  }
});

test('a bad file of the YAML suite is refused for its syntax, not only for not being rules', {
  skip,
}, async (t) => {
  for (const { name, text, expect } of readSuite()) {
    if (expect !== 'reject' || /^%YAML/.test(text)) continue;
    const result = await loadTexts(t, [text]);
    assert.equal(result.ok, false);
    const shape = result.problems.filter(({ message }) =>
      /^(the file must be|unknown key|missing key)/.test(message),
    );
    assert.deepEqual(shape, [], name);
  }
});

test('a rule file damaged anywhere is loaded or refused with a place, never a crash', async (t) => {
  const text = ruleText();
  const damage = fc.record({
    at: fc.integer({ min: 0, max: text.length }),
    remove: fc.integer({ min: 0, max: 12 }),
    insert: fc.oneof(
      fc.string({ maxLength: 6 }),
      fc.constantFrom('- ', ': ', '{', '[', '&a ', '*a', '\t', '\n', '"', '!!', '?'),
    ),
  });
  const property = fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 3 }), async (damages) => {
    const damaged = damages.reduce(
      (soFar, { at, remove, insert }) => soFar.slice(0, at) + insert + soFar.slice(at + remove),
      text,
    );
    const result = await loadTexts(t, [damaged]);
    if (result.ok) return;
    const lines = damaged.split(/\r\n|\r|\n/);
    for (const { line, column } of result.problems) {
      assert.ok(column >= 1 && column <= (lines[line - 1]?.length ?? -1) + 1, `${line}:${column}`);
    }
  });
  await fc.assert(property, { numRuns: 300 });
});

const hostile: readonly (readonly [title: string, text: string | Uint8Array, expected: RegExp])[] = [
  ['an empty file', '', /^a\.yaml:1:1: the file is empty$/],
  ['only comments', '# nothing\n', /^a\.yaml:1:1: the file is empty$/],
  ['a second document', `${ruleText()}---\nversion: 1\n`, /^a\.yaml:16:1: a second document begins here/],
  ['20,000 opening brackets', '['.repeat(20_000), /^a\.yaml:1:33: nested deeper than 32; write it flatter$/],
  ['20,000 list dashes', '- '.repeat(20_000), /^a\.yaml:1:\d+: nested deeper than 32; write it flatter$/],
  ['20,000 question marks', '? '.repeat(20_000), /^a\.yaml:1:\d+: nested deeper than 32; write it flatter$/],
  [
    'a billion laughs',
    `a: &a [x, x]\n${[...'bcdefghi'].map((c, i) => `${c}: &${c} [${`*${'abcdefgh'[i]}, `.repeat(8)}]`).join('\n')}\n`,
    /^a\.yaml:2:8: aliases cannot be resolved: Excessive alias count/,
  ],
  ['a list within itself', 'rules: &a [*a]\nversion: 1\n', /^a\.yaml:1:\d+: /],
  [
    '100,000 items in place of rules',
    `[${'a,'.repeat(100_000)}]`,
    /^a\.yaml:1:1: the file must be a mapping/,
  ],
  ['a thousand aliases', `x: &x 1\ny: [${'*x, '.repeat(1000)}]\n`, /^a\.yaml:2:\d+: more than 64 aliases/],
  [
    'a file over the size',
    `# ${'x'.repeat(300_000)}\n`,
    /^a\.yaml:1:1: the file has 300003 bytes, more than 262144/,
  ],
  [
    'bytes that are not UTF-8',
    Uint8Array.from([0x61, 0x0a, 0x62, 0xff]),
    /^a\.yaml:2:2: byte 0xff is not UTF-8; save the file as UTF-8, or write the character anew$/,
  ],
  [
    'a custom tag',
    ruleText({ title: '!secret x' }),
    /^a\.yaml:5:12: Unresolved tag: !secret; leave the tag out$/,
  ],
  [
    'a key given twice',
    `${ruleText()}version: 1\n`,
    /^a\.yaml:15:1: key version is given twice; keep one of them$/,
  ],
  [
    'a merge key',
    `${ruleText()}lists:\n  a: &a [b]\n  <<: *a\n`,
    /^a\.yaml:17:3: merge keys are not supported in lists; write the keys out$/,
  ],
  ['a key named __proto__', `${ruleText()}__proto__: {ok: true}\n`, /^a\.yaml:15:1: unknown key "__proto__"/],
  ['a list for a file', '- 1\n- 2\n', /^a\.yaml:1:1: the file must be a mapping, it is a list of 2$/],
];

for (const [title, text, expected] of hostile) {
  test(`${title} is refused with its place`, async (t) => {
    const result = await loadTexts(t, [text]);
    assert.equal(result.ok, false);
    assert.match(shown(result.problems)[0] ?? '', expected);
  });
}
