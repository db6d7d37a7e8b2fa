import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { COMMANDS } from '../../gateway/commands/all.ts';
import { runHere, runTelltale } from './run-telltale.ts';

const ESCAPE = String.fromCharCode(27);

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'telltale-rules-'));
});
after(() => rm(folder, { recursive: true }));

/** A rule that fires on every text, or with `mode: flg` on none, since it does not load. */
function ruleFile(mode: string, expect: 'fire' | 'quiet'): string {
  return `version: 1
rules:
  - id: 7b0f4a51-0b62-4a8e-9f55-2d3c8b1a0e10
    name: everything
    title: Everything
    description: Fires on every text.
    status: test
    version: 1
    level: low
    mode: ${mode}
    target: input
    detection:
      any:
        signal: {concept: hate}
        above: -1000
    condition: any
    action: flag
    tests:
      - {expect: ${expect}, text: Hello}
`;
}

async function write(name: string, content: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, content);
  return file;
}

test('rules check and rules test end with 0 where all is right', async () => {
  const file = await write('right.yaml', ruleFile('flag', 'fire'));
  const check = await runTelltale(['rules', 'check', file, '--json']);
  assert.equal(check.code, 0, check.stderr);
  assert.deepEqual(
    JSON.parse(check.stdout).rules.map(({ name }: { name: string }) => name),
    ['everything'],
  );
  const tested = await runTelltale(['rules', 'test', file, '--json']);
  assert.equal(tested.code, 0, tested.stderr);
  assert.equal(JSON.parse(tested.stdout).counts.pass, 1);
  assert.equal(tested.stderr, '');
});

test('rules check names file, line and column of what is wrong and ends with 1', async () => {
  const file = await write('wrong.yaml', ruleFile('flg', 'fire'));
  const { code, stdout, stderr } = await runTelltale(['rules', 'check', file, '--json']);
  assert.equal(code, 1);
  assert.ok(stderr.includes(`${file}:10:11: error: `), stderr);
  const [problem] = JSON.parse(stdout).problems;
  assert.deepEqual([problem.file, problem.line, problem.column], [file, 10, 11]);
});

test('problems are coloured where standard error is a terminal, whatever standard output is', async () => {
  const file = await write('coloured.yaml', ruleFile('flg', 'fire'));
  for (const tool of ['check', 'test', 'coverage']) {
    const told = await runHere(['rules', tool, file], { errorsHaveColours: true });
    assert.ok(told.stderr.includes(`${ESCAPE}[31merror`), tool);
    const filed = await runHere(['rules', tool, file], { hasColours: true });
    assert.match(filed.stderr, /: error: mode must be/, tool);
    assert.ok(!filed.stderr.includes(ESCAPE), tool);
  }
});

test('the help of each tool for rules names --json and the exit codes', async () => {
  const tools = COMMANDS.filter(({ name }) => name.startsWith('rules '));
  assert.ok(tools.length > 10);
  for (const { name } of tools) {
    const { stdout } = await runHere(['help', ...name.split(' ')]);
    assert.match(stdout, /^telltale rules \w+ .*\[--json\]\n/, name);
    assert.match(stdout, /\nExit codes: 0 .*, 1 .*, 2 .*\.\n$/, name);
  }
});

test('rules test names a test that fails and ends with 1', async () => {
  const file = await write('fails.yaml', ruleFile('flag', 'quiet'));
  const { code, stdout, stderr } = await runTelltale(['rules', 'test', file]);
  assert.equal(code, 1);
  assert.equal(stdout, '');
  assert.match(stderr, /fails\.yaml:19:9: everything: "Hello": expected quiet, was fire/);
});

test('where rules do not load, --json of each tool prints the problems as JSON, as rules check does', async () => {
  const file = await write('unloaded.yaml', ruleFile('flg', 'fire'));
  const rows = await write('unloaded.jsonl', `${JSON.stringify({ text: 'Hello', labels: { hate: 0 } })}\n`);
  const out = join(folder, 'unloaded.calibration.json');
  const table: [tool: string, args: readonly string[], code: number][] = [
    ['check', [file], 1],
    ['test', [file], 1],
    ['coverage', [file], 1],
    ['explain', ['everything', file, '--text', 'Hello'], 2],
    ['record', ['everything', file, '--text', 'Hello'], 1],
    ['backtest', [rows, file, '--label', 'hate'], 1],
    ['diff', [file, file], 2],
    ['replay', [file], 1],
    ['calibrate', [rows, file, '--out', out], 1],
    ['fmt', [await write('unparsed.yaml', 'rules: ['), '--check'], 1],
  ];
  const withProblems = ['schema', 'init', 'export', ...table.map(([tool]) => tool)].sort();
  const all = COMMANDS.filter(({ name }) => name.startsWith('rules '));
  assert.deepEqual(all.map(({ name }) => name.slice('rules '.length)).sort(), withProblems);
  for (const [tool, args, wanted] of table) {
    const { code, stdout, stderr } = await runHere(['rules', tool, ...args, '--json']);
    assert.equal(code, wanted, `${tool}: ${stderr}`);
    assert.equal(stdout.trim().split('\n').length, 1, tool);
    const told = JSON.parse(stdout);
    assert.equal(told.ok, false, tool);
    const [problem] = told.problems;
    assert.equal(problem.severity, 'error', tool);
    assert.ok(stderr.includes(`${problem.file}:${problem.line}:${problem.column}: error: `), tool);
    if (tool !== 'fmt') assert.deepEqual([problem.file, problem.line, problem.column], [file, 10, 11], tool);
  }
  const plain = await runHere(['rules', 'record', 'everything', file, '--text', 'Hello']);
  assert.deepEqual([plain.code, plain.stdout], [1, '']);
});

test('--json of rules init says as JSON why there is no proposal', async () => {
  const wanted = await write('wanted.txt', 'Good morning.\nGood evening.\n');
  const unwanted = await write('unwanted.txt', 'Good morning!\nGood evening!\n');
  const args = ['rules', 'init', 'greeting', '--wanted', wanted, '--unwanted', unwanted, '--json'];
  const rare = ['--rate', '1/7000', '--out', join(folder, 'greeting.yaml')];
  const { code, stdout, stderr } = await runHere([...args, ...rare]);
  assert.equal(code, 1, stderr);
  const { ok, problems, message } = JSON.parse(stdout);
  assert.deepEqual([ok, problems], [false, []]);
  assert.match(message, /finds more wanted than unwanted examples/);
  assert.equal(stderr, `telltale: ${message}\n`);
});
