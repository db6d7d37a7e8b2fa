import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { parseDocument } from 'yaml';
import { formattedText } from '../../rules/format-rules.ts';
import { formatRules } from '../../rules/index.ts';
import { ruleText, temporaryDirectory } from './rule-text.ts';

const SHIPPED = join(import.meta.dirname, '../../rules/shipped');

async function formatted(t: TestContext, text: string) {
  const directory = await temporaryDirectory(t);
  await writeFile(join(directory, 'a.yaml'), text);
  return formatRules([directory]);
}

test('keys come in the order of the schema, with their comments, and rules are set apart', async (t) => {
  const text = `# yaml-language-server: $schema=rules.schema.json
rules:
    # the first
    - condition: lies   # as before
      # how it is called
      name: one
      id: 5d0c2a3e-8f41-4b6a-9f0e-000000000001
      detection:
        lies: {above: 4, signal: {concept: deception}}
        also:
            above: 1   # low
            signal: {feature: 7}
    - name: two
      id: 5d0c2a3e-8f41-4b6a-9f0e-000000000002
version: 1
`;
  const { files, problems } = await formatted(t, text);
  assert.deepEqual(problems, []);
  assert.equal(
    files[0]?.formatted,
    `# yaml-language-server: $schema=rules.schema.json
version: 1

rules:
  # the first
  - id: 5d0c2a3e-8f41-4b6a-9f0e-000000000001
    # how it is called
    name: one
    detection:
      lies: {signal: {concept: deception}, above: 4}
      also:
        signal: {feature: 7}
        above: 1 # low
    condition: lies # as before

  - id: 5d0c2a3e-8f41-4b6a-9f0e-000000000002
    name: two
`,
  );
});

test('what is formatted stays as it is, and shipped files survive', async (t) => {
  const { files, problems } = await formatRules([SHIPPED]);
  assert.deepEqual(problems, []);
  assert.ok(files.length > 0);
  for (const { file, text, formatted: once } of files) {
    assert.equal(text, await readFile(file, 'utf8'));
    assert.equal((await formatted(t, once)).files[0]?.formatted, once, file);
  }
});

test('a file that would lose its meaning is left alone and named', async (t) => {
  // The name comes before the title: the alias would stand before its anchor.
  const text = ruleText({ title: '&it deceives', name: '*it' }).replace(
    /( +name: .*\n)( +title: .*\n)/,
    '$2$1',
  );
  const { files, problems } = await formatted(t, text);
  assert.deepEqual(files, []);
  assert.match(problems[0]?.message ?? '', /cannot be formatted without a loss/);
  const broken = await formatted(t, 'version: [\n');
  assert.equal(broken.problems.length, 1);
});

test('an empty line behind a comment stays one, however often a file is formatted', async (t) => {
  const text = `version: 1

rules:
  - id: 5d0c2a3e-8f41-4b6a-9f0e-000000000001
    name: one
    # tags: [old]

  - id: 5d0c2a3e-8f41-4b6a-9f0e-000000000002
    name: two
`;
  assert.equal((await formatted(t, text)).files[0]?.formatted, text);
});

/** What a rule is made of, each key with its lines. */
const KEYS: readonly string[] = [
  'id: 5d0c2a3e-8f41-4b6a-9f0e-000000000001',
  'name: one',
  'title: >-\n      folded\n      text',
  "description: 'it''s'",
  'detection:\n      lies: {above: 4, signal: {concept: deception}}\n      also:\n        above: 1\n        signal: {feature: 7}',
  'condition: lies and\n      also',
  'tags: [behaviour.a,\n      behaviour.b]',
  'tests:\n      - {ok: "a: b"}\n      - expect: fire\n        text: |\n          a\n\n          b\n      - {text: c, expect: quiet}',
];
const PARTS = ['version: 1', 'lists:\n  b: [x, "1"]\n  a:\n    - y', 'macros: {m: lies}'];

/** A file with its keys in any order, and comments and empty lines anywhere between its lines and behind them. */
const anyFile = fc
  .record({
    parts: fc.shuffledSubarray(PARTS, { minLength: 1 }),
    first: fc.shuffledSubarray([...KEYS], { minLength: 2 }),
    second: fc.shuffledSubarray([...KEYS], { minLength: 1 }),
    at: fc.nat(4),
    added: fc.array(
      fc.record({ line: fc.nat(60), kind: fc.constantFrom('own', 'behind', 'empty'), indent: fc.nat(4) }),
      { maxLength: 8 },
    ),
  })
  .map(({ parts, first, second, at, added }) => {
    const rule = (keys: readonly string[]) => `  - ${keys.join('\n    ')}`;
    const blocks = parts.toSpliced(at, 0, `rules:\n${rule(first)}\n${rule(second)}`);
    const lines = blocks.join('\n').split('\n');
    for (const [i, { line, kind, indent }] of added.entries()) {
      const place = line % lines.length;
      if (kind === 'behind') lines[place] += ` # behind ${i}`;
      else lines.splice(place, 0, kind === 'empty' ? '' : `${' '.repeat(indent * 2)}# own ${i}`);
    }
    return `${lines.join('\n')}\n`;
  });

test('any file is refused or formatted once and for all: the same data, every comment, nothing to do the next time', () => {
  let done = 0;
  const property = fc.property(anyFile, (text) => {
    const parsed = parseDocument(text);
    const once = formattedText({ file: 'a.yaml', text }).text;
    if (parsed.errors.length > 0) {
      assert.equal(once, text);
      return;
    }
    assert.deepEqual(parseDocument(once).toJS(), parsed.toJS());
    const comments = (of: string) =>
      [...of.matchAll(/# (own|behind) \d/g)].map(([comment]) => comment).sort();
    assert.deepEqual(comments(once), comments(text));
    assert.equal(formattedText({ file: 'a.yaml', text: once }).text, once);
    if (once !== text) done += 1;
  });
  fc.assert(property, { numRuns: 300 });
  assert.ok(done > 150, `${done} of 300 were formatted`);
});
