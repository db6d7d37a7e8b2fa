import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { formattedText } from '../../rules/format-rules.ts';
import type { RuleFile } from '../../rules/schema.ts';
import { readShippedRules } from '../../rules/shipped-rules.ts';

const SHIPPED = join(import.meta.dirname, '../../rules/shipped');
const WRITTEN = join(import.meta.dirname, '../../training/written');

const BEHAVIOURS = [
  'child-safety',
  'cyber',
  'deception',
  'fraud',
  'harassment',
  'harmful-request',
  'harmful-response',
  'hate',
  'illicit-and-weapons',
  'jailbreak',
  'misinformation',
  'power-seeking',
  'privacy',
  'prompt-injection',
  'refusal',
  'self-harm',
  'sexual',
  'sycophancy',
  'system-prompt-extraction',
  'toxicity',
  'violence',
];

test('each behaviour has its file', async () => {
  const files = await readdir(SHIPPED);
  assert.deepEqual(
    files.filter((name) => name.endsWith('.yaml')).toSorted(),
    BEHAVIOURS.map((name) => `${name}.yaml`),
  );
});

test('each file is as `telltale rules fmt` writes it', async () => {
  for (const behaviour of BEHAVIOURS) {
    const source = {
      file: `${behaviour}.yaml`,
      text: await readFile(join(SHIPPED, `${behaviour}.yaml`), 'utf8'),
    };
    assert.equal(formattedText(source).text, source.text, source.file);
  }
});

for (const behaviour of BEHAVIOURS) {
  test(`every rule on ${behaviour} has ten texts that fire and ten near-misses that do not, known failures not counted, all different, and its tag`, async () => {
    const file = parse(await readFile(join(SHIPPED, `${behaviour}.yaml`), 'utf8')) as RuleFile;
    for (const { name, tests, tags, falsepositives } of file.rules ?? []) {
      const right = (expect: string) =>
        tests.filter((one) => one.expect === expect && one.known === undefined).length;
      assert.ok(right('fire') >= 10, `${name}: ${right('fire')} fire`);
      assert.ok(right('quiet') >= 10, `${name}: ${right('quiet')} quiet`);
      assert.ok(
        tests.every(({ text }) => text !== undefined),
        name,
      );
      assert.equal(new Set(tests.map(({ text }) => text)).size, tests.length, name);
      assert.ok(tags.includes(`behaviour.${behaviour}`), `${name}: ${tags.join()}`);
      assert.ok((falsepositives ?? []).length > 0, name);
    }
  });
}

test('no text beside a shipped rule stands among the rows that are trained on or measure', async () => {
  const flat = (text: string) => text.toLowerCase().replaceAll(/\s+/g, ' ').trim();
  const files = (await readdir(WRITTEN)).filter((name) => name.endsWith('.jsonl'));
  const rows = new Set<string>();
  for (const file of files)
    for (const line of (await readFile(join(WRITTEN, file), 'utf8')).split('\n').filter(Boolean)) {
      const row = JSON.parse(line) as { text?: string; messages?: { content: string }[] };
      for (const text of [row.text ?? '', ...(row.messages ?? []).map(({ content }) => content)])
        rows.add(flat(text));
    }
  assert.ok(rows.size > 20_000, `${rows.size} rows`);
  const texts = readShippedRules().flatMap(({ tests }) => tests.flatMap(({ text }) => text ?? []));
  assert.deepEqual(
    texts.filter((text) => rows.has(flat(text))),
    [],
  );
});
