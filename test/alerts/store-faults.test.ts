import assert from 'node:assert/strict';
import { globSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { AlertsError, createLedger, createRelay, type LedgerOptions } from '../../alerts/index.ts';
import { cleanUp, dataFolder } from './cleanup.ts';
import { exchange, finding, ordinary } from './records.ts';
import { createListSink, until } from './sinks.ts';
import { smallDisk } from './small-disk.ts';

async function openLedger(t: TestContext, options: Partial<LedgerOptions> = {}) {
  const dataDir = options.dataDir ?? dataFolder(t);
  const ledger = await createLedger({ sinks: ['list'], ...options, dataDir });
  cleanUp(t, () => ledger.close());
  return { ledger, dataDir, path: join(dataDir, 'telltale.db') };
}

const bulky = () => exchange({ model: 'x'.repeat(50_000) });

async function fill(ledger: Awaited<ReturnType<typeof createLedger>>) {
  for (let count = 0; count < 200; count += 1) {
    const outcome = await ledger.commit(bulky());
    if (outcome.outcome === 'unrecorded') return { outcome, recorded: count };
  }
  throw new Error('200 bulky exchanges did not fill the store');
}

test('on a full disk a commit says unrecorded: disk_full, what was recorded stays readable, nothing ends', async (t) => {
  const disk = smallDisk(t);
  if ('reason' in disk) return t.skip(disk.reason);
  const { ledger } = await openLedger(t, { dataDir: join(disk.folder, 'data') });
  const ballast = join(disk.folder, 'ballast');
  writeFileSync(ballast, Buffer.alloc(300_000));
  const { outcome, recorded } = await fill(ledger);
  assert.equal(outcome.reason, 'disk_full', outcome.message);
  assert.equal(ledger.stats().unrecorded.disk_full, 1);
  assert.equal((await ledger.counts()).flagged, recorded);
  rmSync(ballast);
  assert.equal((await ledger.commit(exchange())).outcome, 'committed');
});

test('on a full disk the relay still delivers, and strikes off what it delivered when there is room again', async (t) => {
  const disk = smallDisk(t);
  if ('reason' in disk) return t.skip(disk.reason);
  const { ledger } = await openLedger(t, { dataDir: join(disk.folder, 'data') });
  const sink = createListSink();
  const relay = createRelay({ outbox: ledger, sinks: [sink], backoff: { initialMs: 5, maxMs: 20 } });
  cleanUp(t, () => relay.stop({ deadlineMs: 100 }));
  const { recorded } = await fill(ledger);
  const ballast = join(disk.folder, 'ballast');
  assert.throws(() => writeFileSync(ballast, Buffer.alloc(2_000_000)), /ENOSPC/);
  relay.start();
  await until(() => sink.taken.length >= recorded, 'all was delivered');
  rmSync(ballast);
  await until(async () => (await ledger.depth('list')).depth === 0, 'all was struck off');
  assert.equal(new Set(sink.taken).size, recorded);
});

test('a store that reached its configured size says disk_full', async (t) => {
  const { ledger } = await openLedger(t, { maxBytes: 1_000_000 });
  const { outcome, recorded } = await fill(ledger);
  assert.equal(outcome.reason, 'disk_full', outcome.message);
  assert.ok(recorded > 5, `${recorded} recorded`);
});

test('a disk that is full before the store exists is named as such', async (t) => {
  const disk = smallDisk(t);
  if ('reason' in disk) return t.skip(disk.reason);
  const dataDir = join(disk.folder, 'data');
  mkdirSync(dataDir);
  assert.throws(() => writeFileSync(join(disk.folder, 'ballast'), Buffer.alloc(2_000_000)), /ENOSPC/);
  await assert.rejects(
    openLedger(t, { dataDir }),
    (error) => error instanceof AlertsError && error.code === 'STORE_FULL' && error.message.includes(dataDir),
  );
});

test('a database that another process has locked gives unrecorded: locked after the wait, then works again', async (t) => {
  const { ledger, path } = await openLedger(t, { busyTimeoutMs: 100 });
  const other = new DatabaseSync(path);
  other.exec('BEGIN IMMEDIATE');
  const outcomes = await Promise.all([ledger.commit(exchange()), ledger.commit(exchange())]);
  assert.deepEqual(
    outcomes.map((outcome) => outcome.outcome === 'unrecorded' && outcome.reason),
    ['locked', 'locked'],
  );
  other.exec('ROLLBACK');
  other.close();
  assert.equal((await ledger.commit(exchange())).outcome, 'committed');
});

test('a commit that waits too long is unrecorded: timeout, and more than may wait is unrecorded: queue_full', async (t) => {
  const { ledger, path } = await openLedger(t, {
    busyTimeoutMs: 30_000,
    commitTimeoutMs: 2000,
    maxQueued: 3,
  });
  const other = new DatabaseSync(path);
  other.exec('BEGIN IMMEDIATE');
  const first = ledger.commit(exchange());
  await until(() => ledger.stats().transactions === 1, 'the first transaction waits for the lock');
  const rest = Array.from({ length: 5 }, () => ledger.commit(exchange()));
  const outcomes = await Promise.all([first, ...rest]);
  other.exec('ROLLBACK');
  other.close();
  const reasons = outcomes.map((outcome) => outcome.outcome === 'unrecorded' && outcome.reason);
  assert.deepEqual(reasons, ['timeout', 'timeout', 'timeout', 'timeout', 'queue_full', 'queue_full']);
  assert.deepEqual(ledger.stats().unrecorded, { timeout: 4, queue_full: 2 });
});

test('one exchange that cannot be written does not take with it those in its transaction', async (t) => {
  const { ledger } = await openLedger(t);
  const broken = exchange({ route: null as unknown as string });
  const [good, bad, also] = await Promise.all([exchange(), broken, exchange()].map(ledger.commit));
  assert.deepEqual([good?.outcome, also?.outcome], ['committed', 'committed']);
  assert.equal(bad?.outcome === 'unrecorded' && bad.reason, 'error');
  const uncloneable = ordinary({ model: (() => {}) as unknown as string });
  assert.equal((await ledger.commit(uncloneable)).outcome, 'unrecorded');
  assert.equal((await ledger.commit(exchange())).outcome, 'committed');
});

const damages: [what: string, damage: (path: string) => void][] = [
  [
    'is not a database',
    (path) => writeFileSync(path, 'not a database, but long enough to be one '.repeat(200)),
  ],
  [
    'has pages overwritten',
    (path) => {
      const bytes = readFileSync(path);
      bytes.fill(0xab, 4096, 4096 * 8);
      writeFileSync(path, bytes);
    },
  ],
  ['is cut off', (path) => truncateSync(path, 4096 * 3)],
];

for (const [what, damage] of damages) {
  test(`a file that ${what} is set aside whole and reported, and a new one begun`, async (t) => {
    const first = await openLedger(t);
    for (let count = 0; count < 40; count += 1) await first.ledger.commit(exchange());
    await first.ledger.close();
    damage(first.path);
    const damaged = readFileSync(first.path);
    const reports: { path: string; reason: string }[] = [];
    const onSetAside = (report: { path: string; reason: string }) => void reports.push(report);
    const { ledger } = await openLedger(t, { dataDir: first.dataDir, onSetAside });
    assert.equal((await ledger.commit(exchange())).outcome, 'committed');
    assert.equal((await ledger.counts()).flagged, 2);
    assert.equal(reports.length, 1);
    const [raised] = await ledger.take({ sink: 'list', limit: 9, exceptConversations: [] });
    assert.equal(raised?.payload.finding.ruleName, 'store_set_aside');
    assert.equal(raised?.payload.finding.level, 'critical');
    const stored = await ledger.readExchange(raised?.payload.exchangeId ?? '');
    assert.match(stored?.segments[0]?.text ?? '', new RegExp(`set aside as ${reports[0]?.path}`));
    assert.match(reports[0]?.path ?? '', /telltale\.db\.corrupt-\d{4}-\d\d-\d\dT/);
    assert.deepEqual(readFileSync(reports[0]?.path ?? ''), damaged);
    assert.deepEqual(globSync('telltale.db.corrupt-*', { cwd: first.dataDir }).length, 1);
  });
}

test('a file that is damaged when the store’s thread opens it again is set aside with an alert too', async (t) => {
  const threads: Worker[] = [];
  const note = (thread: Worker) => void threads.push(thread);
  process.on('worker', note);
  t.after(() => process.off('worker', note));
  const { ledger, path } = await openLedger(t);
  await ledger.commit(exchange());
  await threads[0]?.terminate();
  for (const file of [`${path}-wal`, `${path}-shm`]) rmSync(file, { force: true });
  writeFileSync(path, 'not a database, but long enough to be one '.repeat(200));
  await ledger.commit(exchange());
  const raised = async () => {
    const items = await ledger.take({ sink: 'list', limit: 9, exceptConversations: [] });
    return items.some(({ payload }) => payload.finding.ruleName === 'store_set_aside');
  };
  await until(raised, 'it is an alert');
});

test('a database of a later version is refused and left as it is', async (t) => {
  const first = await openLedger(t);
  await first.ledger.close();
  const database = new DatabaseSync(first.path);
  database.exec('PRAGMA user_version = 99');
  database.close();
  await assert.rejects(
    openLedger(t, { dataDir: first.dataDir }),
    (error) => error instanceof AlertsError && error.code === 'SCHEMA_NEWER' && /99/.test(error.message),
  );
  assert.deepEqual(globSync('telltale.db.corrupt-*', { cwd: first.dataDir }), []);
});

test('a data folder that cannot be made is named in the error', async (t) => {
  const file = join(dataFolder(t), 'file');
  writeFileSync(file, '');
  await assert.rejects(
    openLedger(t, { dataDir: join(file, 'data') }),
    (error) =>
      error instanceof AlertsError &&
      error.code === 'STORE_UNWRITABLE' &&
      error.message.includes(join(file, 'data')),
  );
});

test('findings that cannot be told from one another by their id are recorded once', async (t) => {
  const { ledger } = await openLedger(t);
  const record = exchange({ findings: [finding(), finding()] });
  assert.equal((await ledger.commit(record)).outcome, 'committed');
  assert.equal((await ledger.take({ sink: 'list', limit: 9, exceptConversations: [] })).length, 1);
});
