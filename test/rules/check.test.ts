import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { checkRules, formatProblems, type RuleProblem } from '../../rules/index.ts';
import { featureset } from './featureset.ts';
import { ID, ruleText, temporaryDirectory } from './rule-text.ts';

const OTHER_ID = '5d0c2a3e-8f41-4b6a-9f0e-2f6f1d9c7a02';

async function check(t: TestContext, files: Readonly<Record<string, string>>) {
  const directory = await temporaryDirectory(t);
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
  const result = await checkRules([directory], featureset);
  return { result, text: formatProblems(result.problems).replaceAll(`${directory}/`, '') };
}

test('all problems of all files are told, in the order of files and lines, each with its line and a caret', async (t) => {
  const { result, text } = await check(t, {
    'b.yaml': ruleText({ level: 'hihg', mode: 'on' }),
    'a.yaml': ruleText({ name: 'other', id: OTHER_ID, condition: 'deceives or' }),
    'c.yaml': 'version: 1\nrules: [\n',
  });
  assert.equal(result.ok, false);
  assert.equal(
    text,
    `a.yaml:13:27: error: condition: expected a condition, "not" or "(", found the end
  13 |     condition: deceives or
     |                           ^

b.yaml:9:12: error: level must be one of informational, low, medium, high, critical, it is "hihg"; did you mean "high"?
  9 |     level: hihg
    |            ^

b.yaml:10:11: error: mode must be one of off, shadow, flag, enforce, it is "on"
  10 |     mode: on
     |           ^

c.yaml:2:9: error: Flow sequence in block collection must be sufficiently indented and end with a ]
  2 | rules: [
    |         ^
`,
  );
});

test('an id or a name given twice is told at the second place, with the first', async (t) => {
  const { result, text } = await check(t, {
    'a.yaml': ruleText(),
    'b.yaml': ruleText({ name: 'another' }),
    'c.yaml': ruleText({ id: OTHER_ID }),
  });
  assert.equal(result.ok, false);
  assert.match(
    text,
    new RegExp(
      `^b\\.yaml:3:9: error: id ${ID} is taken by the rule at a\\.yaml:3:5; give this one its own$`,
      'm',
    ),
  );
  assert.match(
    text,
    /^c\.yaml:4:11: error: name deceives is taken by the rule at a\.yaml:3:5; give this one its own$/m,
  );
});

test('a problem of form hides no other problem of its file, and none is made up for what is broken', async (t) => {
  const more = ruleText({
    id: OTHER_ID,
    name: 'other',
    mode: '"off"',
    detection: '{deceives: {signal: {concept: decepton}, above: 4}}',
  });
  const twice = ruleText({ id: OTHER_ID, name: 'third' });
  const rules = [more, twice].map((text) => text.slice(text.indexOf('  - id')));
  const correlation = `correlations:
  - {id: 9b2f1c58-3f6e-4c4e-8a9d-6c1d2b7e4f10, name: many, title: M, description: D, status: test, version: 1, level: low,
     mode: flag, type: event_count, rules: [deceives, other], timespan: 1m, condition: {gte: 2}}
`;
  const { result, text } = await check(t, {
    'a.yaml': ruleText({ level: 'hihg' }) + rules.join('') + correlation,
  });
  assert.equal(result.ok, false);
  const errors = text.split('\n').filter((line) => / error: /.test(line));
  assert.deepEqual(
    errors.map((line) => line.slice(0, line.indexOf(';'))),
    [
      'a.yaml:9:12: error: level must be one of informational, low, medium, high, critical, it is "hihg"',
      'a.yaml:24:46: error: unknown concept "decepton" in featureset tiny',
      `a.yaml:27:9: error: id ${OTHER_ID} is taken by the rule at a.yaml:15:5`,
      'a.yaml:41:55: error: "other" is off and gives no event',
    ],
  );
});

test('warnings are told and do not refuse the set', async (t) => {
  const { result, text } = await check(t, {
    'a.yaml': ruleText({
      status: 'deprecated',
      mode: 'enforce',
      tests: '[]',
      detection:
        '{deceives: {signal: {concept: deception}, above: 4}, idle: {signal: {feature: 1}, above: 1}}',
      condition: 'not deceives',
    }),
  });
  assert.equal(result.ok, true);
  assert.equal(result.rules.length, 1);
  const heads = text.split('\n').filter((line) => line.startsWith('a.yaml'));
  assert.deepEqual(heads, [
    'a.yaml:3:5: warning: rule "deceives" has no tests',
    'a.yaml:7:5: warning: rule "deceives" is deprecated',
    'a.yaml:10:5: warning: rule "deceives" enforces the action flag, which only flags; give action: block or redact',
    'a.yaml:12:69: warning: condition "idle" is not used',
    'a.yaml:13:5: warning: the rule matches every segment in which none of its conditions is met',
  ]);
});

test('rules for another featureset are refused; its name or digest admits them', async (t) => {
  const pinned = (name: string) => ({
    'a.yaml': ruleText().replace('rules:', `featureset: ${name}\nrules:`),
  });
  for (const name of ['tiny', 'feedfeedfeed', 'feed'.repeat(16)]) {
    assert.equal((await check(t, pinned(name))).result.ok, true, name);
  }
  const { result, text } = await check(t, pinned('beefbeefbeef'));
  assert.equal(result.ok, false);
  assert.match(
    text,
    /^a\.yaml:2:13: error: the rules are for featureset "beefbeefbeef", loaded is "tiny" 1 \(feedfeedfeed\)/,
  );
});

test('a path without rule files, or that does not exist, is refused by name', async (t) => {
  const directory = await temporaryDirectory(t);
  await writeFile(join(directory, 'notes.txt'), 'no rules');
  const none = await checkRules([directory], featureset);
  assert.match(none.problems[0]?.message ?? '', /^no rule file/);
  const gone = await checkRules([join(directory, 'gone')], featureset);
  assert.equal(gone.problems[0]?.file, join(directory, 'gone'));
  assert.match(gone.problems[0]?.message ?? '', /^cannot be read: ENOENT/);
});

test('a byte that is not UTF-8 is told with its line and what to do', async (t) => {
  const directory = await temporaryDirectory(t);
  await writeFile(join(directory, 'a.yaml'), Buffer.from('version: 1\nrules: caf\xe9\n', 'latin1'));
  const { problems } = await checkRules([directory], featureset);
  assert.equal(
    formatProblems(problems).replaceAll(`${directory}/`, ''),
    `a.yaml:2:11: error: byte 0xe9 is not UTF-8; save the file as UTF-8, or write the character anew
  2 | rules: caf\ufffd
    |           ^
`,
  );
});

test('a long line is cut around the caret, and no control character reaches the terminal', () => {
  const sourceLine = `${'x'.repeat(300)}\u001b[31mHERE${'y'.repeat(300)}`;
  const problem: RuleProblem = {
    file: 'a',
    line: 7,
    column: 306,
    message: 'm',
    severity: 'error',
    sourceLine,
  };
  const [, shown = '', caret = ''] = formatProblems([problem]).split('\n');
  assert.equal(shown.charAt(caret.indexOf('^')), 'H');
  assert.ok(shown.length < 120 && !shown.includes('\u001b'), shown);
  assert.ok(formatProblems([problem], { isColoured: true }).includes('\u001b[31m'), 'colours when asked for');
});

test('a threshold that no ordinary segment reaches is warned of where it is written, a reached one is not', async (t) => {
  // Ordinary scores end at 10.
  const rarity = (_signal: string, _aggregate: object, value: number) => (value > 10 ? 5 : 1);
  const directory = await temporaryDirectory(t);
  const detection = (above: number) => `{deceives: {signal: {concept: deception}, above: ${above}}}`;
  const file = join(directory, 'a.yaml');
  await writeFile(file, ruleText({ detection: detection(10.5) }));
  const { ok, problems } = await checkRules([directory], { ...featureset, rarity });
  assert.deepEqual(
    [ok, ...problems.map(({ line, column, severity }) => `${line}:${column} ${severity}`)],
    [true, '12:65 warning'],
  );
  assert.match(
    problems[0]?.message ?? '',
    /"deceives", condition "deceives": above 10.5: none of 10000 ordinary segments \(numbers\) reaches/,
  );
  await writeFile(file, ruleText({ detection: detection(9.5) }));
  assert.deepEqual((await checkRules([directory], { ...featureset, rarity })).problems, []);
});

test('an override that sets such a threshold is where it is warned of', async (t) => {
  const directory = await temporaryDirectory(t);
  await writeFile(join(directory, 'a.yaml'), ruleText());
  const change = `version: 1
overrides:
  - rule: deceives
    override: replace
    detection: {deceives: {signal: {concept: deception}, above: 50}}
`;
  await writeFile(join(directory, 'b.yaml'), change);
  const { problems } = await checkRules([directory], { ...featureset, rarity: () => 5 });
  assert.deepEqual(
    problems.map(({ file, line }) => `${file.slice(directory.length + 1)}:${line}`),
    ['b.yaml:5'],
  );
});
