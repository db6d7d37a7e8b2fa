import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runHere } from './run-telltale.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'telltale-authoring-'));
});
after(() => rm(folder, { recursive: true }));

async function write(name: string, content: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, content);
  return file;
}

/** A rule that fires on every text that has tokens. */
function ruleFile(tests: string): string {
  return `version: 1
rules:
  - id: 7b0f4a51-0b62-4a8e-9f55-2d3c8b1a0e10
    name: everything
    title: Everything
    description: Fires on every text.
    status: test
    version: 1
    level: low
    mode: flag
    target: input
    detection:
      any: {signal: {concept: hate}, above: -1000}
    condition: any
    tests: ${tests}
`;
}

test('what rules record prints is a test that rules test runs, and JUnit holds its outcome', async () => {
  const rules = await write('rules.yaml', ruleFile('[]'));
  const recorded = await runHere(['rules', 'record', 'everything', rules, '--text', 'Good morning.']);
  assert.equal(recorded.code, 0, recorded.stderr);
  await write('morning.json', recorded.stdout);
  const tests = '[{activations: morning.json, expect: fire}, {ok: Good evening.}]';
  await write('rules.yaml', ruleFile(tests));
  const junit = join(folder, 'junit.xml');
  const tested = await runHere(['rules', 'test', rules, '--junit', junit, '--json']);
  assert.equal(tested.code, 1, tested.stderr);
  assert.deepEqual(JSON.parse(tested.stdout).counts.pass, 1);
  assert.match(await readFile(junit, 'utf8'), /<testsuite name="everything" tests="2" failures="1"/);
  const nowhere = await runHere(['rules', 'test', rules, '--junit', join(folder, 'no/junit.xml')]);
  assert.deepEqual([nowhere.code, /--junit .*: there is no folder/.test(nowhere.stderr)], [1, true]);
});

test('rules coverage names what was not seen both ways, and is strict where asked', async () => {
  const rules = await write('covered.yaml', ruleFile('[{text: Good morning., expect: fire}]'));
  const plain = await runHere(['rules', 'coverage', rules]);
  assert.equal(plain.code, 0, plain.stderr);
  assert.match(plain.stdout, /everything +1 +0\n {2}any +1 +0\n0 of 2 seen both ways\n$/);
  const strict = await runHere(['rules', 'coverage', rules, '--strict', '--json'], { hasColours: true });
  assert.deepEqual([strict.code, JSON.parse(strict.stdout).isComplete], [1, false]);
});

test('what rules record cannot do is said with exit code 2', async () => {
  const rules = await write('asked.yaml', ruleFile('[]'));
  const table: [args: string[], message: RegExp][] = [
    [[], /name or id of a rule is needed/],
    [['everything', rules], /--text is needed/],
    [['everythin', rules, '--text', 'a'], /did you mean "everything"\?/],
    [['everything', rules, '--text', 'a', '--role', 'robot'], /unknown role robot/],
  ];
  for (const [args, message] of table) {
    const { code, stderr } = await runHere(['rules', 'record', ...args]);
    assert.equal(code, 2, args.join(' '));
    assert.match(stderr, message);
  }
});

test('rules diff ends with 0 where sets mean the same, 1 where they differ and 2 where one does not load', async () => {
  const before = await write('before.yaml', ruleFile('[]'));
  const after = await write('after.yaml', ruleFile('[]').replace('mode: flag', 'mode: shadow'));
  const broken = await write('broken.yaml', ruleFile('[]').replace('mode: flag', 'mode: loud'));
  const same = await runHere(['rules', 'diff', before, before]);
  assert.deepEqual([same.code, same.stdout], [0, 'the rules mean the same\n']);
  const differ = await runHere(['rules', 'diff', before, after]);
  assert.equal(differ.code, 1, differ.stderr);
  assert.equal(
    differ.stdout,
    `~ rule everything: changed, minor
    mode: flag -> shadow (minor)
    version: has not risen
suggested step: minor
`,
  );
  assert.equal((await runHere(['rules', 'diff', before])).code, 2);
  const wrong = await runHere(['rules', 'diff', before, broken, '--json']);
  assert.deepEqual([wrong.code, JSON.parse(wrong.stdout).ok], [2, false]);
  assert.match(wrong.stderr, /broken\.yaml:10:11: error: mode must be/);
});

test('rules fmt rewrites what is out of order, and with --check only says so', async () => {
  const text = ruleFile('[]');
  const mixed = text.replace(/( {4}name: .*\n)( {4}title: .*\n)/, '$2$1');
  const file = await write('mixed.yaml', mixed);
  const check = await runHere(['rules', 'fmt', file, '--check']);
  assert.deepEqual([check.code, check.stdout], [1, `${file}\n1 of 1 files would change\n`]);
  assert.equal(await readFile(file, 'utf8'), mixed);
  assert.equal((await runHere(['rules', 'fmt', file])).code, 0);
  const done = await readFile(file, 'utf8');
  assert.ok(done.indexOf('name:') < done.indexOf('title:'), done);
  const again = await runHere(['rules', 'fmt', file, '--check', '--json']);
  assert.deepEqual([again.code, JSON.parse(again.stdout).changed], [0, []]);
  assert.equal((await runHere(['rules', 'fmt'])).code, 2);
});

test('rules calibrate writes a calibration that the rules load with, or says what is missing', async () => {
  const rates = (rate: string) => ruleFile('[]').replace('above: -1000', `rarer_than: ${rate}`);
  const rules = await mkdtemp(join(folder, 'calibrated-'));
  await writeFile(join(rules, 'a.yaml'), rates('1/4'));
  const rows = Array.from({ length: 20 }, (_, i) => `${JSON.stringify({ text: `Letter number ${i}.` })}\n`);
  const traffic = await write('traffic.jsonl', [...rows, ...rows].join(''));
  const right = await runHere(['rules', 'calibrate', traffic, rules, '--traffic', 'letters', '--json']);
  assert.equal(right.code, 0, right.stderr);
  const told = JSON.parse(right.stdout);
  assert.deepEqual([told.segments, told.traffic, told.rules], [20, 'letters', 1]);
  assert.deepEqual(told.leftOut, { again: 20, unread: 0, missing: {}, confirmed: 0 });
  await writeFile(join(rules, 'a.yaml'), rates('1/40'));
  const small = await runHere(['rules', 'calibrate', traffic, rules]);
  assert.deepEqual([small.code, small.stdout], [1, '']);
  assert.match(small.stderr, /180 more ordinary segments are needed[\s\S]*nothing written/);
  await writeFile(join(rules, 'a.yaml'), rates('1/4'));
  const routed = rows.map((row, i) =>
    row.replace('}', `,"route":"/v1/${i < 15 ? 'chat/completions' : 'messages'}"}`),
  );
  const byRoute = await write('routed.jsonl', routed.slice(0, 18).join(''));
  const again = await runHere(['rules', 'calibrate', byRoute, rules]);
  assert.equal(again.code, 1, 'the whole has 18 of 20');
  await writeFile(join(rules, 'a.yaml'), rates('1/3'));
  const table = await runHere(['rules', 'calibrate', byRoute, rules]);
  assert.equal(table.code, 0, table.stderr);
  assert.match(table.stdout, /1\/3 +\/v1\/chat\/completions +15 +of the route\n/);
  assert.match(
    table.stdout,
    /1\/3 +\/v1\/messages +3 +of all routes, user alone +12 more of user for its own\n/,
  );
  await writeFile(
    join(rules, 'a.yaml'),
    rates('1/4').replace('rarer_than', 'minus: {concept: toxicity}, aggregate: sum, rarer_than'),
  );
  const unknown = await runHere(['rules', 'check', rules]);
  assert.match(unknown.stderr, /concept\/hate minus concept\/toxicity has no calibration for sum; learn it/);
  const learned = await runHere(['rules', 'calibrate', traffic, rules]);
  assert.equal(learned.code, 0, learned.stderr);
  assert.match(learned.stdout, /concept\/hate minus concept\/toxicity +sum +20 /);
  assert.equal((await runHere(['rules', 'check', rules])).code, 0);
  await writeFile(join(rules, 'a.yaml'), rates('1/4').replace('level: low', 'level: loud'));
  const broken = await runHere(['rules', 'calibrate', traffic, rules]);
  assert.match(broken.stderr, /level must be one of[\s\S]*nothing learned/);
  assert.equal(broken.code, 1);
  const where = await runHere(['rules', 'calibrate', traffic]);
  assert.match(where.stderr, /--out is needed/);
  assert.equal(where.code, 2);
});
