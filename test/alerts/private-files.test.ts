import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { openDatabase } from '../../alerts/database/open.ts';
import { AlertsError, alertsOf, createFileSink, createLedger, makeFolder } from '../../alerts/index.ts';
import { cleanUp, dataFolder } from './cleanup.ts';
import { exchange } from './records.ts';

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

/** A folder that everybody may look into, as an operator may have made it. */
function openFolder(t: Parameters<typeof dataFolder>[0]): string {
  const folder = dataFolder(t);
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o755);
  return folder;
}

test('the files of a store are for their owner alone, in a folder that all may read', async (t) => {
  const dataDir = openFolder(t);
  const ledger = await createLedger({ sinks: ['list'], dataDir });
  cleanUp(t, () => ledger.close());
  assert.equal((await ledger.commit(exchange())).outcome, 'committed');
  const modes = readdirSync(dataDir).map((name) => [name, modeOf(join(dataDir, name))]);
  assert.deepEqual(modes.sort(), [
    ['telltale.db', '600'],
    ['telltale.db-shm', '600'],
    ['telltale.db-wal', '600'],
  ]);
});

test('a database that is there keeps the mode that somebody gave it', (t) => {
  const path = join(openFolder(t), 'a.db');
  openDatabase({ path, busyTimeoutMs: 10_000 }).database.close();
  chmodSync(path, 0o640);
  const { database } = openDatabase({ path, busyTimeoutMs: 10_000 });
  cleanUp(t, async () => database.close());
  assert.equal(modeOf(path), '640');
});

test('an alerts file is for its owner alone; one that is there keeps its mode, and hands it on at a rotation', async (t) => {
  const folder = openFolder(t);
  const deliver = (path: string) =>
    createFileSink({ path, rotation: { maxBytes: 1, keep: 2 } }).deliver(
      alertsOf(exchange()),
      AbortSignal.timeout(120_000),
    );
  const fresh = join(folder, 'below', 'fresh.jsonl');
  await deliver(fresh);
  await deliver(fresh);
  assert.deepEqual([modeOf(fresh), modeOf(`${fresh}.1`)], ['600', '600']);
  const given = join(folder, 'given.jsonl');
  writeFileSync(given, '');
  chmodSync(given, 0o664);
  await deliver(given);
  await deliver(given);
  assert.deepEqual([modeOf(given), modeOf(`${given}.1`)], ['664', '664']);
});

test('folders are made one below another, with the mode asked for, and those that are there stay', (t) => {
  const folder = openFolder(t);
  const deep = join(folder, 'a', 'b');
  makeFolder(deep, 0o700);
  makeFolder(deep);
  assert.deepEqual([modeOf(folder), modeOf(dirname(deep)), modeOf(deep)], ['755', '700', '700']);
});

test('a folder below a file, and below a place that takes none, is refused at once', (t) => {
  const file = join(openFolder(t), 'file');
  writeFileSync(file, '');
  assert.throws(() => makeFolder(join(file, 'a')), { code: 'EEXIST' });
  if (!existsSync('/proc/self')) return t.skip('no /proc here');
  assert.throws(
    () => makeFolder('/proc/telltale/data'),
    (error) =>
      error instanceof AlertsError && /\/proc\/telltale cannot be made: \/proc takes no/.test(error.message),
  );
});
