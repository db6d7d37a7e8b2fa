import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { COMMANDS } from '../../gateway/commands/all.ts';
import { runHere } from './run-telltale.ts';

const RULES = 'rules/shipped/hate.yaml';
const ROW = `${JSON.stringify({ text: 'Hello', labels: { hate: 0 } })}\n`;

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'telltale-failures-'));
  await writeFile(join(folder, 'rows.jsonl'), ROW);
  await writeFile(join(folder, 'one.txt'), 'a text\n');
  await writeFile(join(folder, 'other.txt'), 'another text\n');
});
after(() => rm(folder, { recursive: true }));

/** What each tool is called with, what it ends with, and what it says. `HERE` is a folder of the test's own. */
const TABLE: readonly [tool: string, args: string, code: number, message: RegExp][] = [
  ['check', '--jsn', 2, /rules check: unknown option --jsn; did you mean --json\?/],
  ['check', 'HERE/gone.yaml', 1, /gone\.yaml/],
  ['test', `${RULES} --junit HERE/no/junit.xml`, 1, /--junit \S+: there is no folder \S+no; make it/],
  ['test', '--junit', 2, /rules test: .*--junit/],
  ['coverage', '--strct', 2, /did you mean --strict\?/],
  ['explain', `hat ${RULES} --text Hello`, 2, /"hat"; did you mean "hate"\?/],
  ['explain', `hate ${RULES}`, 2, /--text is needed/],
  ['record', `hat ${RULES} --text Hello`, 2, /"hat"; did you mean "hate"\?/],
  ['backtest', 'HERE/gone.jsonl --label hate', 1, /gone\.jsonl: cannot be read: ENOENT/],
  ['backtest', 'HERE/rows.jsonl --label hat', 1, /labels there: hate; did you mean hate\?/],
  ['backtest', 'HERE/rows.jsonl', 2, /--label is needed/],
  ['diff', RULES, 2, /two files or folders are needed/],
  ['diff', `${RULES} ${RULES} --replay`, 2, /nothing is kept at \S+replay\.db/],
  ['replay', `${RULES}`, 1, /nothing is kept at \S+replay\.db; TELLTALE_DATA names its folder/],
  ['replay', '--since yesterday', 2, /neither a while as 12h/],
  ['export', '', 2, /the name of the file is needed/],
  ['export', 'HERE/rows.jsonl', 1, /rows\.jsonl: is there already; name another/],
  ['export', 'HERE/no/a.parquet', 1, /a\.parquet: there is no folder \S+no; make it/],
  ['export', 'HERE/a.parquet', 1, /rules export: nothing is kept at \S+replay\.db/],
  ['calibrate', `HERE/rows.jsonl ${RULES}`, 2, /--out is needed/],
  ['calibrate', 'HERE/rows.jsonl HERE/no-rules', 1, /rules calibrate: \S+no-rules: ENOENT/],
  ['calibrate', '--out HERE/a.calibration.json', 2, /a file of ordinary traffic is needed, or --kept/],
  ['calibrate', 'HERE/rows.jsonl --since 1d', 2, /--since and --until are for --kept/],
  ['calibrate', 'HERE/rows.jsonl --kept', 2, /rows\.jsonl: a file of traffic does not go with --kept/],
  [
    'calibrate',
    `--kept ${RULES} --out HERE/a.calibration.json`,
    1,
    /rules calibrate: nothing is kept at \S+replay\.db; TELLTALE_DATA/,
  ],
  [
    'calibrate',
    `HERE/rows.jsonl ${RULES} --out HERE/no/a.calibration.json`,
    1,
    /rules calibrate: \S+a\.calibration\.json: there is no folder \S+no; make it/,
  ],
  ['init', 'a-rule --wanted HERE/one.txt', 2, /--unwanted FILE are needed/],
  [
    'init',
    'a-rule --wanted HERE/one.txt --unwanted HERE/other.txt --out HERE/no/a.yaml',
    1,
    /rules init: \S+a\.yaml: there is no folder \S+no; make it/,
  ],
  ['fmt', '', 2, /a file or folder is needed/],
  ['schema', 'more', 2, /rules schema: unexpected argument more/],
  ['chek', '', 2, /rules chek: unknown command; did you mean check\?/],
];

test('with --json each failure of a tool is one line of JSON with what is told, and the same exit code', async () => {
  const tools = COMMANDS.flatMap(({ name }) => (name.startsWith('rules ') ? name.slice(6) : []));
  const tried = new Set(TABLE.map(([tool]) => tool));
  assert.deepEqual(
    tools.filter((tool) => !tried.has(tool)),
    [],
    'every tool is in the table',
  );
  const env = { TELLTALE_DATA: join(folder, 'data') };
  for (const [tool, args, wanted, message] of TABLE) {
    const words = args.replaceAll('HERE', folder).split(' ').filter(Boolean);
    const plain = await runHere(['rules', tool, ...words], { env });
    const json = await runHere(['rules', tool, '--json', ...words], { env });
    const what = [tool, ...words].join(' ');
    assert.deepEqual([plain.code, json.code], [wanted, wanted], `${what}: ${plain.stderr}${json.stderr}`);
    assert.equal(plain.stdout, '', what);
    assert.equal(json.stderr, plain.stderr, what);
    assert.match(plain.stderr, message, what);
    assert.match(json.stdout, /^.+\n$/, `one line: ${what}`);
    const told = JSON.parse(json.stdout);
    assert.equal(told.ok, false, what);
    assert.ok(Array.isArray(told.problems), what);
    const texts = [told.message, ...told.problems.map((problem: { message: string }) => problem.message)];
    assert.ok(
      texts.some((text) => text !== undefined && plain.stderr.includes(text)),
      what,
    );
  }
});

test('a word that only reads --json asks for none', async () => {
  for (const args of [
    ['chek', '--', '--json'],
    ['explain', 'hate', '--text=--json', '--x'],
  ]) {
    const { code, stdout } = await runHere(['rules', ...args]);
    assert.deepEqual([code, stdout], [2, ''], args.join(' '));
  }
});

test('where 1 is an answer, a configuration that is wrong ends with 2', async () => {
  const env = { TELLTALE_MODEL: join(folder, 'no-model') };
  for (const args of [
    ['explain', 'hate', RULES, '--text', 'Hello'],
    ['diff', RULES, RULES],
  ]) {
    const { code, stdout } = await runHere(['rules', ...args, '--json'], { env });
    assert.equal(code, 2, args.join(' '));
    assert.equal(JSON.parse(stdout).ok, false);
  }
});
