import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  renameSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LoadResult, loadRules } from '../../rules/index.ts';
import { readBounded } from '../../rules/read-bounded.ts';
import { featureset } from './featureset.ts';
import { ruleText, temporaryDirectory } from './rule-text.ts';

const idOf = (n: number) => `5d0c2a3e-8f41-4b6a-9f0e-${String(n).padStart(12, '0')}`;
const textOf = (n: number, level: string) => ruleText({ id: idOf(n), name: `rule-${n}`, level });
const PIPES = [0, 1, 2, 3];
const FILES = [4, 5, 6, 7];

const COMMENT = `#${'x'.repeat(4_094)}\n`;

/** Makes a named pipe that has a writer, and is full. */
function makeFullPipe(path: string): number {
  execFileSync('mkfifo', [path]);
  const pipe = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  while (hasWritten(pipe, COMMENT));
  return pipe;
}

/** Waits until somebody has read of it. */
async function whenRead(pipe: number): Promise<void> {
  while (!hasWritten(pipe, COMMENT)) await sleep(5);
}

function hasWritten(pipe: number, text: string): boolean {
  try {
    return writeSync(pipe, text) > 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    return false;
  }
}

test('a folder that is swapped in the middle of a reading is read again, and never mixed', async (t) => {
  const parent = await temporaryDirectory(t);
  for (const name of ['one', 'two']) mkdirSync(join(parent, name));
  const pipes = PIPES.map((n) => [n, makeFullPipe(join(parent, 'one', `${n}.yaml`))] as const);
  for (const n of FILES) writeFileSync(join(parent, 'one', `${n}.yaml`), textOf(n, 'low'));
  for (const n of [...PIPES, ...FILES]) writeFileSync(join(parent, 'two', `${n}.yaml`), textOf(n, 'high'));
  const rules = join(parent, 'rules');
  symlinkSync('one', rules);
  symlinkSync('two', join(parent, 'next'));
  const named = [...PIPES, ...FILES].map((n) => join(rules, `${n}.yaml`));
  const loading = loadRules(named, featureset);
  for (const [, pipe] of pipes) await whenRead(pipe);
  renameSync(join(parent, 'next'), rules);
  for (const [n, pipe] of pipes) {
    writeSync(pipe, textOf(n, 'low'));
    closeSync(pipe);
  }
  const loaded = await loading;
  assert.ok(loaded.ok, JSON.stringify(loaded));
  assert.deepEqual(new Set(loaded.ruleSet.rules.map(({ level }) => level)), new Set(['high']));
});

test('a file that is named twice, in other words, is read once', async (t) => {
  const directory = await temporaryDirectory(t);
  const file = join(directory, 'a.yaml');
  writeFileSync(file, textOf(1, 'high'));
  const again = `${directory}/../${basename(directory)}/a.yaml`;
  const result = await loadRules([file, directory, again], featureset);
  assert.ok(result.ok, JSON.stringify(result));
  assert.deepEqual(
    result.ruleSet.rules.map((rule) => rule.file),
    [file],
  );
});

test('a pipe or a device among the files of a folder is refused, and read by nobody', async (t) => {
  const directory = await temporaryDirectory(t);
  writeFileSync(join(directory, 'a.yaml'), textOf(1, 'high'));
  execFileSync('mkfifo', [join(directory, 'b.yaml')]);
  symlinkSync('/dev/zero', join(directory, 'c.yaml'));
  assert.deepEqual(
    problemsOf(await loadRules([directory], featureset)),
    ['b.yaml', 'c.yaml'].map((name) => {
      const message = 'is no file but a pipe, a device or the like; move it out of the folder';
      return `${join(directory, name)}:1:1: ${message}`;
    }),
  );
});

test('a pipe that is named is read to its end, once; a device without end to the bound', async (t) => {
  const directory = await temporaryDirectory(t);
  const path = join(directory, 'a.yaml');
  const pipe = makeFullPipe(path);
  const loading = loadRules([path], featureset);
  await whenRead(pipe);
  writeSync(pipe, textOf(1, 'high'));
  closeSync(pipe);
  assert.deepEqual(problemsOf(await loading), []);
  assert.deepEqual(problemsOf(await loadRules([path], featureset)), [`${path}:1:1: the file is empty`]);
  assert.deepEqual(problemsOf(await loadRules(['/dev/zero'], featureset)), [
    '/dev/zero:1:1: the file has more than 262144 bytes; split it',
  ]);
});

test('a pipe that keeps silent is given up', async (t) => {
  const path = join(await temporaryDirectory(t), 'a.yaml');
  const pipe = makeFullPipe(path);
  const read = await readBounded(path, { maxBytes: 262_144, takesPipes: true, patienceMs: 40 });
  closeSync(pipe);
  assert.deepEqual(read, { refused: 'nothing came for 0.04 s' });
});

test('links that lead back are told, not followed until there are too many', async (t) => {
  const directory = await temporaryDirectory(t);
  writeFileSync(join(directory, 'a.yaml'), textOf(1, 'high'));
  mkdirSync(join(directory, 'sub'));
  for (const name of ['one', 'two']) symlinkSync('..', join(directory, 'sub', name));
  const [problem, ...others] = problemsOf(await loadRules([directory], featureset));
  assert.deepEqual(others, []);
  assert.match(problem ?? '', /sub\/(one|two):1:1: a link back to .*, which holds it; remove it$/);
});

function problemsOf(result: LoadResult): string[] {
  if (result.ok) return [];
  return result.problems.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`);
}
