import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { stringify } from 'yaml';
import { createRuleJsonSchema, type JsonSchema } from '../../rules/index.ts';
import { schemaAt } from '../../rules/json-schema.ts';
import { CONDITION_SNIPPETS, RULE_SNIPPET } from '../../rules/schema/snippets.ts';
import { featureset } from './featureset.ts';
import { ID, loadTexts, ruleText } from './rule-text.ts';

const SIGNAL = ['rules', 0, 'detection', 'any_name', 'signal'];

const named = createRuleJsonSchema(featureset);

test('the schema for editors proposes the names of a featureset with their meanings, and no others', () => {
  const concept = schemaAt(named, [...SIGNAL, 'concept']);
  assert.deepEqual(
    concept?.enum,
    featureset.concepts.map(({ name }) => name),
  );
  assert.deepEqual(
    concept?.enumDescriptions,
    featureset.concepts.map(({ description }) => description),
  );
  assert.deepEqual(schemaAt(named, [...SIGNAL, 'probe'])?.enum, ['honesty']);
  const [index, label] = schemaAt(named, [...SIGNAL, 'feature'])?.anyOf ?? [];
  assert.deepEqual([index?.minimum, index?.maximum], [0, 99]);
  assert.deepEqual(label?.defaultSnippets, [
    { label: 'apologies', description: 'Feature 7.', bodyText: '"apologies"' },
  ]);
  const open = schemaAt(createRuleJsonSchema(), [...SIGNAL, 'concept']);
  assert.deepEqual([open?.type, open?.enum], ['string', undefined]);
});

test('a label that two features have is not proposed, and no sign of one is taken for a place to stop', () => {
  const labels = ['twice', 'twice', 'costs $1 in {braces} and a \\', null];
  const alike = {
    ...featureset,
    dictionarySize: labels.length,
    feature: (index: number) => ({ ...featureset.feature(index), label: labels[index] ?? null }),
    featureByLabel: (label: string) => (label === 'twice' ? undefined : labels.indexOf(label)),
  };
  const [, label] = schemaAt(createRuleJsonSchema(alike), [...SIGNAL, 'feature'])?.anyOf ?? [];
  const texts = label?.defaultSnippets?.map((one) => ('bodyText' in one ? one.bodyText : ''));
  assert.deepEqual(texts, [String.raw`"costs \$1 in {braces\} and a \\\\"`]);
});

test('every value of the schema that is explained has one explanation, and Markdown is marked as such', () => {
  let explained = 0;
  for (const schema of schemasIn(createRuleJsonSchema())) {
    const { description = '', markdownDescription } = schema;
    if (typeof description === 'string' && description.includes('`')) {
      assert.equal(markdownDescription, description);
    }
    if (schema.enumDescriptions === undefined) continue;
    explained += 1;
    assert.equal(schema.enumDescriptions.length, schema.enum?.length);
    for (const words of schema.enumDescriptions) assert.doesNotMatch(words, /^$|`/);
  }
  assert.ok(explained > 5, `${explained} are explained`);
});

test('what an editor writes for a new rule or condition is right once its places are filled in', async (t) => {
  const rule = `version: 1\nrules:\n${indented(stringify([RULE_SNIPPET.body]), 2)}`;
  assert.deepEqual(problemsOf(await loadTexts(t, [filledIn(rule)])), []);
  const detection = CONDITION_SNIPPETS.map(({ body }) => `\n${indented(stringify(body), 6)}`).join('');
  const text = filledIn(ruleText({ detection, condition: 'shows and not is_small' }));
  assert.deepEqual(problemsOf(await loadTexts(t, [text])), []);
});

test('the shipped rule files name their schema, which has the names that they use', async () => {
  const folder = join(import.meta.dirname, '../../rules');
  const schema = JSON.parse(await readFile(join(folder, 'schema.json'), 'utf8')) as JsonSchema;
  const known = new Set(schemaAt(schema, [...SIGNAL, 'concept'])?.enum);
  const text = await readFile(join(folder, 'shipped/deception.yaml'), 'utf8');
  assert.match(text, /^# yaml-language-server: \$schema=\.\.\/schema\.json\n/);
  for (const [, concept] of text.matchAll(/\{concept: (\w+)\}/g)) assert.ok(known.has(concept), concept);
});

function problemsOf(result: Awaited<ReturnType<typeof loadTexts>>) {
  return result.ok ? result.ruleSet.warnings : result.problems;
}

/** As somebody would who takes what stands there, and the first of several words. */
function filledIn(snippet: string): string {
  return snippet
    .replaceAll('$UUID', ID)
    .replaceAll('$CURRENT_YEAR-$CURRENT_MONTH-$CURRENT_DATE', '2026-11-26')
    .replace(/\$\{\d+\|([^,|]+)[^|]*\|\}/g, '$1')
    .replace(/\$\{\d+:([^}]*)\}/g, '$1')
    .replace(/\$\d+/g, 'deception');
}

function indented(text: string, spaces: number): string {
  return text.replace(/^(?=.)/gm, ' '.repeat(spaces));
}

function* schemasIn(value: unknown): Generator<JsonSchema> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield value as JsonSchema;
  for (const part of Object.values(value)) yield* schemasIn(part);
}
