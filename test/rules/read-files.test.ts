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
import { loadRules } from '../../rules/index.ts';
import { featureset } from './featureset.ts';
import { ruleText, temporaryDirectory } from './rule-text.ts';

const idOf = (n: number) => `5d0c2a3e-8f41-4b6a-9f0e-${String(n).padStart(12, '0')}`;
const textOf = (n: number, level: string) => ruleText({ id: idOf(n), name: `rule-${n}`, level });
/** As many as files are opened at once: the others are opened when these have been read. */
const PIPES = [0, 1, 2, 3];
const FILES = [4, 5, 6, 7];

/** Opens a pipe for writing once somebody reads from it. */
async function openWhenRead(path: string): Promise<number> {
  for (;;) {
    try {
      return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw error;
      await sleep(5);
    }
  }
}

test('a folder that is swapped in the middle of a reading is read again, and never mixed', async (t) => {
  const parent = await temporaryDirectory(t);
  for (const name of ['one', 'two']) mkdirSync(join(parent, name));
  for (const n of PIPES) execFileSync('mkfifo', [join(parent, 'one', `${n}.yaml`)]);
  for (const n of FILES) writeFileSync(join(parent, 'one', `${n}.yaml`), textOf(n, 'low'));
  for (const n of [...PIPES, ...FILES]) writeFileSync(join(parent, 'two', `${n}.yaml`), textOf(n, 'high'));
  const rules = join(parent, 'rules');
  symlinkSync('one', rules);
  symlinkSync('two', join(parent, 'next'));
  const loading = loadRules([rules], featureset);
  const pipes: [number, number][] = [];
  for (const n of PIPES) pipes.push([n, await openWhenRead(join(parent, 'one', `${n}.yaml`))]);
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
