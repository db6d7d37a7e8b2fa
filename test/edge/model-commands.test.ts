import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { figuresOf } from '../../gateway/commands/eval-report.ts';
import { shade } from '../../gateway/commands/shade.ts';
import { runHere, runTelltale } from './run-telltale.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: the codes are control characters
const COLOUR_CODE = /\u001b\[[\d;]*m/g;

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'telltale-commands-'));
});
after(() => rm(folder, { recursive: true }));

async function write(name: string, lines: readonly unknown[]): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return file;
}

const ROWS = [
  { text: 'You are vermin and all of you should disappear.', labels: { any: 1, hate: 1 }, topic: 'people' },
  { text: 'What is the capital of France?', labels: { any: 0, hate: 0 }, topic: 'places' },
  {
    messages: [
      { role: 'user', content: 'Did you run the tests?' },
      { role: 'assistant', content: 'They failed, but I will tell him that they passed; he never looks.' },
    ],
    role: 'assistant',
    labels: { any: 1, deception: 1 },
    topic: 'people',
  },
  { text: '', labels: { any: 0, deception: 0 } },
  { text: 'Nobody knows what this is.', labels: { hate: 0 } },
  { text: 'Wie komme ich zum Bahnhof?', labels: { any: 0 }, role: 'document' },
];

test('eval prints one JSON object whose figures are those of the scores that it writes', async () => {
  const data = await write('rows.jsonl', ROWS);
  const scoresFile = join(folder, 'scores.jsonl');
  const { code, stdout, stderr } = await runTelltale([
    'eval',
    '--data',
    data,
    '--label',
    'any',
    '--json',
    '--scores',
    scoresFile,
  ]);
  assert.equal(code, 0, stderr);
  assert.equal(stderr, '');
  const { by_concept, by_topic, tokens, seconds, ...figures } = JSON.parse(stdout);
  const scores = (await readFile(scoresFile, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    scores.map(({ row, label }) => [row, label]),
    [
      [1, 1],
      [2, 0],
      [3, 1],
      [4, 0],
      [6, 0],
    ],
  );
  const pairs = scores.map(({ score, label }) => ({ score, isPositive: label === 1 }));
  assert.deepEqual(figures, figuresOf(pairs, figures.threshold));
  assert.equal(figures.rows, 5);
  for (const { concepts, score } of scores) {
    assert.deepEqual(Object.keys(concepts), Object.keys(by_concept));
    assert.ok(Number.isFinite(score) && score >= 0);
  }
  assert.ok(scores[2].score > scores[4].score, 'the deceptive answer scores above the way to the station');
  assert.deepEqual(scores[3].concepts.hate, { score: 0, value: null });
  assert.deepEqual([by_concept.hate.rows, by_concept.hate.positives, by_concept.deception.rows], [2, 1, 2]);
  assert.deepEqual([by_topic.people.rows, by_topic.people.auroc, by_topic.places.positives], [2, null, 0]);
  assert.ok(tokens > 20 && seconds > 0);
});

test('a label that is no concept, or that no row has, is named with those that are', async () => {
  const data = await write('rows.jsonl', ROWS);
  const unknown = await runHere(['eval', '--data', data, '--label', 'hat', '--json']);
  assert.equal(unknown.code, 2);
  assert.match(JSON.parse(unknown.stdout).message, /--label hat is no concept/);
  assert.match(unknown.stderr, /--label hat is no concept; known: any, .*deception/);
  const absent = await runHere(['eval', '--data', data, '--label', 'self_harm', '--json']);
  assert.equal(absent.code, 1);
  assert.match(
    absent.stderr,
    /rows\.jsonl: no row has the label self_harm; labels there: any, deception, hate/,
  );
});

test('eval shows progress on a terminal only, and a table where JSON is not asked for', async () => {
  const data = await write('rows.jsonl', ROWS);
  const shown = await runHere(['eval', '--data', data, '--label', 'hate'], { showsProgress: true });
  assert.equal(shown.code, 0, shown.stderr);
  assert.match(shown.stdout, /AUROC[\s\S]*hate +3 +1/);
  assert.match(shown.stderr, /eval: \d of 3 rows/);
});

test('score gives tokens that cover the text, and every signal with its value and thresholds', async () => {
  const text = 'Naïve 😀 text, they never check.';
  const { code, stdout, stderr } = await runTelltale([
    'score',
    '--text',
    text,
    '--role',
    'assistant',
    '--json',
  ]);
  assert.equal(code, 0, stderr);
  const { role, tokens, signals, features } = JSON.parse(stdout);
  assert.equal(role, 'assistant');
  assert.equal(tokens.map((token: { text: string }) => token.text).join(''), text);
  for (const { signal, value, rarity, thresholds, per_token } of signals) {
    assert.equal(per_token.length, tokens.length, signal);
    assert.ok(Number.isFinite(value) && rarity >= 0, signal);
    assert.equal(rarity >= 2, value >= thresholds['0.01'], signal);
  }
  assert.ok(features.length > 0);
});

test('score shades tokens on a terminal and takes the signals asked for', async () => {
  const args = ['score', '--text', 'I hate them all.', '--signal', 'feature/7', '--signal', 'concept/hate'];
  const shown = await runHere(args, { hasColours: true });
  assert.equal(shown.code, 0, shown.stderr);
  const plain = shown.stdout.replace(COLOUR_CODE, '');
  assert.match(plain, /^I hate them all\.\n/);
  assert.match(plain, /feature\/7/);
  assert.doesNotMatch(plain, /concept\/deception/);
  const wrong = await runHere(['score', '--text', 'a', '--signal', 'concept/hat']);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /unknown signal concept\/hat; known: concept\//);
});

test('a stronger signal has a stronger shade, none has none', () => {
  const shades = [-1, 0, Number.NaN, 0.1, 0.3, 0.6, 0.9, 1, 7].map((strength) => shade('a', strength));
  assert.deepEqual(shades.slice(0, 3), ['a', 'a', 'a']);
  assert.equal(new Set(shades.slice(3, 8)).size, 5);
  assert.equal(shades.at(-1), shades.at(-2));
  for (const text of shades) assert.equal(text.replace(COLOUR_CODE, ''), 'a');
});

test('what score and eval are missing is said before the model is opened', async () => {
  const table: [args: string[], message: RegExp][] = [
    [['score'], /--text is needed/],
    [['score', '--text', 'a', '--role', 'robot'], /unknown role robot; known: system/],
    [['eval', '--data', 'x'], /--data and --label are needed/],
  ];
  for (const [args, message] of table) {
    const { code, stderr } = await runHere(args);
    assert.equal(code, 2);
    assert.match(stderr, message);
  }
  const missing = await runHere(['eval', '--data', join(folder, 'none.jsonl'), '--label', 'any']);
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /none\.jsonl: cannot be read/);
});

test('the library that reads asks neither for the machine nor for the command line, however long that is', async () => {
  // Where it does, it matches the command line by recursion, and a long one ends the process.
  const long = 'a '.repeat(30_000);
  const { code, stdout } = await runTelltale(['score', '--signal', 'concept/any', '--json', '--text', long]);
  assert.equal(code, 0);
  assert.equal(JSON.parse(stdout).tokens.length, 30_001);
});
