import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { renameSync, watch } from 'node:fs';
import { appendFile, mkdir, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createDirectoryWatch } from '../../rules/directory-watch.ts';
import { createRuleWatcher, loadRules, type RuleProblem, type RuleSet } from '../../rules/index.ts';
import { featureset } from './featureset.ts';
import { ruleText, temporaryDirectory } from './rule-text.ts';

const NEVER_MS = 3_600_000;

const idOf = (n: number) => `5d0c2a3e-8f41-4b6a-9f0e-${String(n).padStart(12, '0')}`;
const textOf = (n: number, level = 'low') => ruleText({ id: idOf(n), name: `rule-${n}`, level });
const levels = (ruleSet: RuleSet) => ruleSet.rules.map(({ level }) => level);

/** Writes a file so that it is seen whole or not at all. */
async function put(path: string, text: string): Promise<void> {
  const beside = join(dirname(path), `.${basename(path)}.new`);
  await writeFile(beside, text);
  await rename(beside, path);
}

/** Far more than a reload takes: a wait that comes to it will not end. */
const DEADLINE_MS = 60_000;

/** Watches a path; `next()` is the next thing that the watcher says, in order. */
async function watching(t: TestContext, path: string, options: { readonly pollMs?: number } = {}) {
  const loaded = await loadRules([path], featureset);
  assert.ok(loaded.ok, 'loads at start');
  const said: (RuleSet | readonly RuleProblem[])[] = [];
  const waiting: (() => void)[] = [];
  const say = (what: RuleSet | readonly RuleProblem[]) => {
    said.push(what);
    waiting.shift()?.();
  };
  const watcher = await createRuleWatcher({
    paths: [path],
    featureset,
    ruleSet: loaded.ruleSet,
    onRuleSet: say,
    onProblems: say,
    debounceMs: 20,
    pollMs: options.pollMs ?? NEVER_MS,
  });
  t.after(() => watcher.close());
  const next = async () => {
    if (said.length === 0) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const deadline = setTimeout(() => reject(new Error('the watcher said nothing more')), DEADLINE_MS);
      waiting.push(resolve);
      await promise.finally(() => clearTimeout(deadline));
    }
    return said.shift();
  };
  const nextSet = async () => {
    const what = await next();
    assert.ok(what !== undefined && 'digest' in what, `expected a rule set: ${JSON.stringify(what)}`);
    return what;
  };
  const nextProblems = async () => {
    const what = await next();
    assert.ok(what !== undefined && !('digest' in what), 'expected problems');
    return what;
  };
  return { watcher, next, nextSet, nextProblems, said };
}

test('a file replaced by an atomic rename is live', async (t) => {
  const directory = await temporaryDirectory(t);
  await put(join(directory, 'a.yaml'), textOf(1));
  const { watcher, nextSet } = await watching(t, directory);
  await put(join(directory, 'a.yaml'), textOf(1, 'high'));
  assert.deepEqual(levels(await nextSet()), ['high']);
  assert.deepEqual(levels(watcher.ruleSet), ['high']);
});

test('a broken set leaves the old one running, tells every problem, and a repair is live', async (t) => {
  const directory = await temporaryDirectory(t);
  await put(join(directory, 'a.yaml'), textOf(1));
  await put(join(directory, 'b.yaml'), textOf(2));
  const { watcher, nextSet, nextProblems } = await watching(t, directory);
  const before = watcher.ruleSet;
  await put(join(directory, 'new.yaml'), `${textOf(3, 'critical')}    levl: high\n`);
  const problems = await nextProblems();
  assert.deepEqual(
    problems.map(({ line, column, message }) => `${line}:${column}: ${message}`),
    ['15:5: unknown key "levl" in rules[0]; did you mean "level"?'],
  );
  assert.equal(watcher.ruleSet, before, 'all of the old set runs on');
  await rm(join(directory, 'new.yaml'));
  assert.equal((await nextSet()).digest, before.digest, 'recovery is told');
});

test('a mounted ConfigMap whose link is swapped is live, all of its files at once', async (t) => {
  const directory = await temporaryDirectory(t);
  for (const [version, level] of [
    ['..v1', 'low'],
    ['..v2', 'critical'],
  ] as const) {
    await mkdir(join(directory, version));
    for (const n of [1, 2, 3, 4]) await put(join(directory, version, `${n}.yaml`), textOf(n, level));
  }
  await symlink('..v1', join(directory, '..data'));
  for (const n of [1, 2, 3, 4]) await symlink(`..data/${n}.yaml`, join(directory, `${n}.yaml`));
  const { nextSet } = await watching(t, directory);
  await symlink('..v2', join(directory, '..data_tmp'));
  await rename(join(directory, '..data_tmp'), join(directory, '..data'));
  await rm(join(directory, '..v1'), { recursive: true });
  assert.deepEqual(levels(await nextSet()), ['critical', 'critical', 'critical', 'critical']);
});

test('a rule directory that is itself a swapped link is live, and its new place is watched', async (t) => {
  const parent = await temporaryDirectory(t);
  for (const [name, level] of [
    ['one', 'low'],
    ['two', 'medium'],
  ] as const) {
    await mkdir(join(parent, name));
    await put(join(parent, name, 'a.yaml'), textOf(1, level));
  }
  await symlink('one', join(parent, 'rules'));
  const { nextSet } = await watching(t, join(parent, 'rules'));
  await symlink('two', join(parent, 'next'));
  await rename(join(parent, 'next'), join(parent, 'rules'));
  assert.deepEqual(levels(await nextSet()), ['medium']);
  await put(join(parent, 'two', 'a.yaml'), textOf(1, 'critical'));
  assert.deepEqual(levels(await nextSet()), ['critical']);
});

test('a directory replaced by another of its name is live, and the new one is watched', async (t) => {
  const parent = await temporaryDirectory(t);
  const directory = join(parent, 'rules');
  await mkdir(directory);
  await put(join(directory, 'a.yaml'), textOf(1));
  await mkdir(join(parent, 'next'));
  await put(join(parent, 'next', 'a.yaml'), textOf(1, 'medium'));
  const { nextSet } = await watching(t, directory);
  renameSync(directory, join(parent, 'away'));
  renameSync(join(parent, 'next'), directory);
  assert.deepEqual(levels(await nextSet()), ['medium']);
  await put(join(directory, 'a.yaml'), textOf(1, 'critical'));
  assert.deepEqual(levels(await nextSet()), ['critical']);
});

test('many files written together end in one set with all of them', async (t) => {
  const directory = await temporaryDirectory(t);
  await put(join(directory, '0.yaml'), textOf(0));
  const { watcher, nextSet } = await watching(t, directory);
  const numbers = Array.from({ length: 40 }, (_, n) => n);
  await Promise.all(numbers.map((n) => put(join(directory, `${n}.yaml`), textOf(n, 'high'))));
  while (watcher.ruleSet.rules.length < 40 || levels(watcher.ruleSet).includes('low')) await nextSet();
  assert.equal(new Set(levels(watcher.ruleSet)).size, 1);
});

test('a new subdirectory is watched as well', async (t) => {
  const directory = await temporaryDirectory(t);
  await put(join(directory, 'a.yaml'), textOf(1));
  const { watcher, nextSet } = await watching(t, directory);
  await mkdir(join(directory, 'team'));
  await watcher.reload();
  await nextSet();
  await put(join(directory, 'team', 'b.yaml'), textOf(2, 'high'));
  assert.deepEqual(levels(await nextSet()), ['low', 'high']);
});

test('a change without any notice is found by the poll', async (t) => {
  const directory = await temporaryDirectory(t);
  const elsewhere = await temporaryDirectory(t);
  await mkdir(join(elsewhere, 'deep'));
  await put(join(elsewhere, 'deep', 'a.yaml'), textOf(1));
  await symlink(join(elsewhere, 'deep'), join(elsewhere, 'link'));
  await symlink(join(elsewhere, 'link', 'a.yaml'), join(directory, 'a.yaml'));
  const { nextSet } = await watching(t, directory, { pollMs: 50 });
  await mkdir(join(elsewhere, 'other'));
  await put(join(elsewhere, 'other', 'a.yaml'), textOf(1, 'high'));
  await symlink(join(elsewhere, 'other'), join(elsewhere, 'link2'));
  await rename(join(elsewhere, 'link2'), join(elsewhere, 'link'));
  assert.deepEqual(levels(await nextSet()), ['high']);
});

test('a directory that vanishes leaves the old set, and its return is live', async (t) => {
  const parent = await temporaryDirectory(t);
  const directory = join(parent, 'rules');
  await mkdir(directory);
  await put(join(directory, 'a.yaml'), textOf(1));
  const { watcher, nextSet, nextProblems } = await watching(t, directory);
  await rename(directory, join(parent, 'away'));
  assert.match((await nextProblems())[0]?.message ?? '', /cannot be read: ENOENT/);
  assert.equal(watcher.ruleSet.rules.length, 1);
  await put(join(parent, 'away', 'b.yaml'), textOf(2));
  await rename(join(parent, 'away'), directory);
  assert.equal((await nextSet()).rules.length, 2);
});

test('a pipe among the files is told, and holds up no reload after it', async (t) => {
  const directory = await temporaryDirectory(t);
  await put(join(directory, 'a.yaml'), textOf(1));
  const { watcher, nextSet, nextProblems } = await watching(t, directory);
  execFileSync('mkfifo', [join(directory, 'b.yaml')]);
  assert.match((await nextProblems())[0]?.message ?? '', /^is no file but a pipe/);
  assert.deepEqual(levels(watcher.ruleSet), ['low']);
  await rm(join(directory, 'b.yaml'));
  await nextSet();
  await put(join(directory, 'a.yaml'), textOf(1, 'high'));
  assert.deepEqual(levels(await nextSet()), ['high']);
});

test('a file that becomes a folder of its name, and a file again, is live each time', async (t) => {
  const directory = await temporaryDirectory(t);
  const place = join(directory, 'a.yaml');
  await put(place, textOf(1));
  const { next } = await watching(t, directory);
  // In between there may be no file at all, which is told or not.
  const becomes = async (level: string) => {
    for (let what = await next(); ; what = await next()) {
      if (what !== undefined && 'digest' in what && levels(what).join() === level) return;
    }
  };
  await mkdir(join(directory, '.next'));
  await writeFile(join(directory, '.next', 'b.yaml'), textOf(1, 'high'));
  await rename(place, join(directory, '.old'));
  await rename(join(directory, '.next'), place);
  await becomes('high');
  await rename(place, join(directory, '.next'));
  await put(place, textOf(1, 'medium'));
  await becomes('medium');
});

test('a reload by hand reads at once and tells the outcome; an emptied file is refused', async (t) => {
  const directory = await temporaryDirectory(t);
  await put(join(directory, 'a.yaml'), textOf(1));
  const { watcher } = await watching(t, directory);
  const first = await watcher.reload();
  assert.ok(first.ok, 'unchanged files load again');
  await truncate(join(directory, 'a.yaml'));
  const second = await watcher.reload();
  assert.equal(second.ok, false);
  assert.equal(watcher.ruleSet.rules.length, 1);
});

test('what a database writes beside the rules is no change, and a swapped name is one', async (t) => {
  const parent = await temporaryDirectory(t);
  await mkdir(join(parent, 'rules'));
  await put(join(parent, 'telltale.db'), '');
  let changes = 0;
  const directories = createDirectoryWatch([join(parent, 'rules')], () => {
    changes += 1;
  });
  t.after(directories.close);
  await directories.arm();
  const isSwapped = Promise.withResolvers<void>();
  const watcher = watch(parent, (_, name) => name === 'swapped' && isSwapped.resolve());
  t.after(() => watcher.close());
  for (let i = 0; i < 20; i++) await appendFile(join(parent, 'telltale.db'), 'row');
  await mkdir(join(parent, 'swapped'));
  await isSwapped.promise;
  await new Promise(setImmediate);
  assert.equal(changes, 1);
});

test('a file that a link beside it names is live when it is written', async (t) => {
  const directory = await temporaryDirectory(t);
  await put(join(directory, 'real'), textOf(1));
  await symlink('real', join(directory, 'a.yaml'));
  const { watcher, next } = await watching(t, join(directory, 'a.yaml'));
  await writeFile(join(directory, 'real'), textOf(1, 'high'));
  // Written in place it may be read while it is empty, which is told as a problem first.
  while (levels(watcher.ruleSet)[0] !== 'high') await next();
});

test('nothing is said after close', async (t) => {
  const directory = await temporaryDirectory(t);
  await put(join(directory, 'a.yaml'), textOf(1));
  const { watcher, said } = await watching(t, directory);
  await put(join(directory, 'a.yaml'), textOf(1, 'high'));
  const reload = watcher.reload();
  await watcher.close();
  await reload;
  await watcher.reload();
  assert.ok(said.length <= 1, 'the reload under way may have ended');
  const count = said.length;
  await put(join(directory, 'a.yaml'), textOf(1, 'critical'));
  await watcher.reload();
  assert.equal(said.length, count);
});
