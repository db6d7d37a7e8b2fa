import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
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
