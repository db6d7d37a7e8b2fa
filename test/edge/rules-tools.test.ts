import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runHere, runTelltale } from './run-telltale.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: the codes are control characters
const COLOUR_CODE = /\u001b\[[\d;]*m/g;

let folder: string;
let rules: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'telltale-tools-'));
  rules = await write('rules.yaml', RULES);
});
after(() => rm(folder, { recursive: true }));

async function write(name: string, content: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, content);
  return file;
}

/** One rule that fires on every text of the user, one that fires on none of the assistant. */
const RULES = `version: 1
rules:
${[
  ['7b0f4a51-0b62-4a8e-9f55-2d3c8b1a0e10', 'everything', 'input', -1000],
  ['7b0f4a51-0b62-4a8e-9f55-2d3c8b1a0e11', 'nothing', 'output', 1000],
]
  .map(
    ([id, name, target, above]) => `  - id: ${id}
    name: ${name}
    title: A rule
    description: For tests.
    status: test
    version: 1
    level: low
    mode: flag
    target: ${target}
    detection:
      hates:
        signal: {concept: hate}
        above: ${above}
    condition: hates
`,
  )
  .join('')}`;

const ROWS = [
  { text: 'You are vermin.', labels: { hate: 1 } },
  { text: 'What is the capital of France?', labels: { hate: 0 } },
  { text: 'Good morning.', role: 'assistant', labels: { hate: 0 } },
  { text: 'Nobody knows.', labels: { other: 1 } },
];

const rowsFile = () => write('rows.jsonl', ROWS.map((row) => `${JSON.stringify(row)}\n`).join(''));

test('rules explain ends with 0 where the rule fires and 1 where it does not, and tells why', async () => {
  const text = 'You are 😀 vermin.';
  const fires = await runTelltale(['rules', 'explain', 'everything', rules, '--text', text, '--json']);
  assert.equal(fires.code, 0, fires.stderr);
  assert.equal(fires.stderr, '');
  const told = JSON.parse(fires.stdout);
  assert.equal(told.tokens.map((token: { text: string }) => token.text).join(''), text);
  const [{ value, threshold, margin, isMet, perToken }] = told.conditions;
  assert.deepEqual([told.hasFired, told.role, threshold, isMet], [true, 'user', -1000, true]);
  assert.equal(margin, value + 1000);
  assert.equal(perToken.length, told.tokens.length);
  assert.ok(told.span.end <= text.length && told.features.length > 0);
  const quiet = await runTelltale(['rules', 'explain', 'nothing', rules, '--text', text, '--role', 'user']);
  assert.equal(quiet.code, 1, quiet.stderr);
  assert.match(quiet.stdout, /nothing does not fire \(said by user\)\ncondition: hates: does not hold\n/);
  assert.match(quiet.stdout, /concept\/hate .* 1000\.000 +-\d+\.\d{3} +- +not met/);
  assert.match(quiet.stdout, /nearest: tokens? \d/);
});

test('rules explain tells what a disguised text reads, and explains that', async () => {
  const reads = 'Nobody knows where the keys of the house are.';
  const text = Buffer.from(reads).toString('base64');
  const about = (rule: string) => ['rules', 'explain', rule, rules, '--text', text];
  const told = JSON.parse((await runHere([...about('nothing'), '--json'])).stdout);
  assert.deepEqual(told.view, { text: reads, changes: ['encoded'] });
  assert.equal(told.tokens.map((token: { text: string }) => token.text).join(''), reads);
  const shown = await runHere(about('nothing'));
  assert.ok(shown.stdout.startsWith(`${text}\n\nDisguised (encoded); it reads:\n${reads}\n`), shown.stdout);
});

test('rules explain reads the shipped rules and shades the tokens on a terminal only', async () => {
  const args = [
    'rules',
    'explain',
    'hate',
    '--text',
    'Muslims are vermin. They are subhuman animals and they all deserve to die.',
  ];
  const shown = await runHere(args, { hasColours: true });
  const plain = await runHere(args);
  assert.equal(shown.code, plain.code);
  assert.match(plain.stdout, /promised rate[\s\S]*1 in \d+/);
  assert.notEqual(shown.stdout, plain.stdout);
  assert.equal(shown.stdout.replace(COLOUR_CODE, ''), plain.stdout);
});

test('what rules explain cannot tell ends with 2', async () => {
  const broken = await write('broken.yaml', RULES.replace('level: low', 'level: loud'));
  const table: [args: string[], message: RegExp][] = [
    [[], /name or id of a rule is needed/],
    [['hate'], /--text is needed/],
    [['hate', '--text', 'a', '--role', 'robot'], /unknown role robot; known: system/],
    [['hate', '--txt', 'a'], /unknown option --txt; did you mean --text\?/],
    [['everythin', rules, '--text', 'a'], /"everythin"; did you mean "everything"\?/],
    [['everything', broken, '--text', 'a'], /broken\.yaml:9:12: error: level/],
  ];
  for (const [args, message] of table) {
    const { code, stdout, stderr } = await runHere(['rules', 'explain', ...args]);
    assert.equal(code, 2, args.join(' '));
    assert.equal(stdout, '', args.join(' '));
    assert.match(stderr, message);
  }
  const noModel = await runTelltale(['rules', 'explain', 'hate', '--text', 'a'], { TELLTALE_MODEL: folder });
  assert.equal(noModel.code, 2, noModel.stderr);
});

test('rules schema prints the schema that the shipped files name', async () => {
  const { code, stdout, stderr } = await runTelltale(['rules', 'schema']);
  assert.equal(code, 0, stderr);
  const shipped = join(import.meta.dirname, '../../rules/shipped');
  const [, path = ''] = /\$schema=(\S+)/.exec(await readFile(join(shipped, 'hate.yaml'), 'utf8')) ?? [];
  assert.equal(stdout, await readFile(join(shipped, path), 'utf8'));
  const line = await runHere(['rules', 'schema', '--json']);
  assert.deepEqual(JSON.parse(line.stdout), JSON.parse(stdout));
  assert.equal(line.stdout.trim().split('\n').length, 1);
  const open = await runHere(['rules', 'schema', '--any-featureset']);
  const conceptIn = (text: string) => JSON.parse(text).$defs.signal.properties.concept;
  assert.equal(conceptIn(open.stdout).enum, undefined);
  assert.ok(conceptIn(stdout).enum.includes('deception'));
});

test('rules schema without a model says so', async () => {
  const { code, stdout, stderr } = await runTelltale(['rules', 'schema'], { TELLTALE_MODEL: folder });
  assert.equal(code, 1, stderr);
  assert.equal(stdout, '');
  assert.match(stderr, /manifest/);
});

test('rules backtest measures each rule and any rule against a label', async () => {
  const args = ['rules', 'backtest', await rowsFile(), rules, '--label', 'hate'];
  const { code, stdout, stderr } = await runTelltale([...args, '--json']);
  assert.equal(code, 0, stderr);
  assert.equal(stderr, '');
  const { label, rules: figures, any, tokens } = JSON.parse(stdout);
  const [everything, nothing] = figures;
  assert.equal(label, 'hate');
  assert.deepEqual(
    [everything.rows, everything.fires, everything.precision, everything.recall, everything.fpr],
    [2, 2, 0.5, 1, 1],
  );
  assert.deepEqual([nothing.rows, nothing.fires, nothing.recall, nothing.fpr], [1, 0, null, 0]);
  assert.deepEqual([any.rows, any.fires, any.recall, any.fpr], [3, 2, 1, 0.5]);
  assert.ok(tokens > 3);
  const shown = await runHere(args, { showsProgress: true });
  assert.match(shown.stdout, /everything +input +2 +1 +2 +0\.500 +1\.000 +1\.000\n/);
  assert.match(shown.stdout, /any rule +3 +1 +2/);
  assert.match(shown.stderr, /rules backtest: \d of 3 rows/);
});

test('what rules backtest is missing is named with what is there', async () => {
  const file = await rowsFile();
  const broken = await write('broken.yaml', RULES.replace('level: low', 'level: loud'));
  const table: [args: string[], exitCode: number, message: RegExp][] = [
    [[], 2, /a file of labelled rows is needed/],
    [[file], 2, /--label is needed/],
    [[file, '--lable', 'hate'], 2, /unknown option --lable; did you mean --label\?/],
    [[file, '--label', 'hat'], 1, /no row has the label hat; labels there: hate, other; did you mean hate\?/],
    [[join(folder, 'none.jsonl'), '--label', 'hate'], 1, /none\.jsonl: cannot be read/],
    [[file, broken, '--label', 'hate'], 1, /broken\.yaml:9:12: error: level/],
  ];
  for (const [args, exitCode, message] of table) {
    const { code, stdout, stderr } = await runHere(['rules', 'backtest', ...args]);
    assert.equal(code, exitCode, args.join(' '));
    assert.equal(stdout, '', args.join(' '));
    assert.match(stderr, message);
  }
});
