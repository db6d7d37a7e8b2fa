import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { diffRules } from '../../rules/index.ts';
import { correlationsText, ruleId, rulesText } from './correlation-text.ts';
import { featureset } from './featureset.ts';
import { ID, ruleText, temporaryDirectory } from './rule-text.ts';

async function diffOf(t: TestContext, before: string, after: string) {
  const directory = await temporaryDirectory(t);
  const [a, b] = [join(directory, 'a.yaml'), join(directory, 'b.yaml')];
  await writeFile(a, before);
  await writeFile(b, after);
  const result = await diffRules([a], [b], featureset);
  assert.ok(result.ok, JSON.stringify(result));
  const [first] = result.diff.changes;
  const fields = (first?.fields ?? []).map(
    ({ field, before: from, after: to, weight }) => `${field}: ${from} -> ${to} (${weight})`,
  );
  return { ...result.diff, first, fields };
}

const RATE = '{deceives: {signal: {concept: deception}, rarer_than: 1/100}}';

test('layout, comments, order of keys and macros written out are no difference', async (t) => {
  const plain = ruleText({ detection: RATE });
  const other = ruleText({
    detection: '{lies: {signal: {concept: deception}, rarer_than: 10/1000}}',
    condition: 'lies',
  });
  const written = `# a comment\n${plain.replace('condition: deceives', 'condition: ((deceives))')}\n`;
  assert.deepEqual((await diffOf(t, plain, written)).changes, []);
  const macro = `${plain.replace('condition: deceives', 'condition: lies')}macros: {lies: deceives}\n`;
  assert.equal((await diffOf(t, plain, macro)).suggests, null);
  assert.notEqual(
    (await diffOf(t, plain, other)).suggests,
    null,
    'the name of a condition is told in findings',
  );
});

test('each kind of change is told by its field and weighed', async (t) => {
  const table: [parts: Record<string, string>, line: string][] = [
    [{ title: 'Lies' }, 'title: Deception as expressed in the text -> Lies (patch)'],
    [{ version: '2' }, 'version: 1 -> 2 (patch)'],
    [{ level: 'low' }, 'level: high -> low (minor)'],
    [{ mode: 'shadow' }, 'mode: flag -> shadow (minor)'],
    [{ target: 'input' }, 'target: output -> input (major)'],
    [{ name: 'lies' }, 'name: deceives -> lies (major)'],
    [{ tags: '[behaviour.lies]' }, 'tags: null -> ["behaviour.lies"] (minor)'],
    [{ detection: RATE }, 'detection.deceives.threshold: 4 -> 9.9 (1 in 100) (minor)'],
    [
      { detection: '{deceives: {signal: {feature: 7}, above: 4}}' },
      'detection.deceives: concept/deception, max -> feature/7, max (minor)',
    ],
    [{ condition: 'not deceives' }, 'condition: deceives -> not deceives (minor)'],
  ];
  for (const [parts, line] of table) {
    const { fields, suggests } = await diffOf(t, ruleText(), ruleText(parts));
    assert.deepEqual(fields, [line]);
    assert.equal(suggests, /\((\w+)\)$/.exec(line)?.[1]);
  }
});

test('what may change what is blocked is major', async (t) => {
  const enforced = { mode: 'enforce', action: 'block' };
  const flagged = ruleText({ action: 'block' });
  assert.equal((await diffOf(t, flagged, ruleText(enforced))).suggests, 'major');
  const rarer = await diffOf(t, ruleText(enforced), ruleText({ ...enforced, detection: RATE }));
  assert.deepEqual(rarer.fields, ['detection.deceives.threshold: 4 -> 9.9 (1 in 100) (major)']);
  const removed = ruleText({ id: ID.replace('01', '02'), name: 'other' });
  const { changes, suggests } = await diffOf(t, ruleText(), removed);
  assert.deepEqual(
    changes.map(({ change, name, weight }) => [change, name, weight]),
    [
      ['removed', 'deceives', 'major'],
      ['added', 'other', 'minor'],
    ],
  );
  assert.equal(suggests, 'major');
});

test('a meaning that changed without the version is named', async (t) => {
  assert.equal((await diffOf(t, ruleText(), ruleText({ detection: RATE }))).first?.keepsVersion, true);
  assert.equal(
    (await diffOf(t, ruleText(), ruleText({ detection: RATE, version: '2' }))).first?.keepsVersion,
    false,
  );
  assert.equal((await diffOf(t, ruleText(), ruleText({ title: 'Lies' }))).first?.keepsVersion, false);
});

test('filters are compared, and a filter that bears on a rule is a change of the rule', async (t) => {
  const filter = (route: string) =>
    `filters: [{name: quiet, description: For tests., rules: [deceives], detection: {play: {field: route, equals: ${route}}}, condition: play}]\n`;
  const before = ruleText() + filter('/a');
  const { changes } = await diffOf(t, before, ruleText() + filter('/b'));
  assert.deepEqual(
    changes.map(({ kind, name }) => `${kind} ${name}`),
    ['rule deceives', 'filter quiet'],
  );
  const gone = await diffOf(t, before, ruleText());
  assert.deepEqual(
    gone.changes.map(({ kind, change }) => `${kind} ${change}`),
    ['rule changed', 'filter removed'],
  );
});

test('correlations are compared by what they mean, and one that keeps its version is named', async (t) => {
  const parts = {
    rules: '[a, b]',
    timespan: '1h',
    condition: '{gte: 3}',
    unless: '[c]',
  };
  const text = (changes: Readonly<Record<string, string>>) =>
    rulesText() + correlationsText({ ...parts, ...changes }).replace('version: 1\n', '');
  const told = async (changes: Readonly<Record<string, string>>) => {
    const { first, fields, suggests } = await diffOf(t, text({}), text(changes));
    return [suggests, first?.keepsVersion, fields];
  };
  const ids = `[${ruleId('a')}, b]`;
  assert.deepEqual(await told({ rules: ids, timespan: '60m', condition: '{gt: 2}' }), [null, undefined, []]);
  assert.deepEqual(await told({ condition: '{gte: 3, lte: 5}' }), [
    'minor',
    true,
    ['condition: {"gte":3} -> {"gte":3,"lte":5} (minor)'],
  ]);
  assert.deepEqual(await told({ timespan: '2h', version: '2' }), [
    'minor',
    false,
    ['version: 1 -> 2 (patch)', 'timespan: 1h -> 2h (minor)'],
  ]);
  assert.deepEqual(await told({ title: 'Another' }), [
    'patch',
    false,
    ['title: Correlation x -> Another (patch)'],
  ]);
});

test('a set that does not load gives its problems', async (t) => {
  const directory = await temporaryDirectory(t);
  const file = join(directory, 'a.yaml');
  await writeFile(file, ruleText({ level: 'loud' }));
  const result = await diffRules([file], [join(directory, 'gone.yaml')], featureset);
  assert.ok(!result.ok);
  assert.match(
    result.problems.map(({ message }) => message).join('\n'),
    /level must be[\s\S]*cannot be read/,
  );
});
