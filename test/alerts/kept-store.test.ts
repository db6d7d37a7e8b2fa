import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import {
  createKeptStore,
  createLedger,
  eraseKept,
  type KeptStore,
  type KeptStoreParts,
  openKeptFile,
  type ToKeep,
} from '../../alerts/index.ts';
import { until } from '../gateway/until.ts';
import { cleanUp, dataFolder } from './cleanup.ts';
import { exchange } from './records.ts';
import { smallDisk } from './small-disk.ts';

/** Bytes that no compressor makes smaller, the same for the same name. */
function noise(name: string, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let state = [...name].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7) >>> 0;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

function toKeep(exchangeId: string, change: Partial<ToKeep> = {}): ToKeep {
  return {
    exchangeId,
    conversationId: 'c1',
    subject: null,
    endedAt: '2026-11-26T12:00:00.000Z',
    tokens: 10,
    data: noise(exchangeId, 1000),
    ...change,
  };
}

function open(
  t: TestContext,
  dataDir: string,
  change: Partial<KeptStoreParts> = {},
): KeptStore & { readonly troubles: string[]; readonly asides: string[] } {
  const troubles: string[] = [];
  const asides: string[] = [];
  const store = createKeptStore({
    dataDir,
    maxBytes: 1_000_000,
    known: async (ids) => ids,
    onTrouble: ({ message }) => troubles.push(message),
    onSetAside: ({ path }) => asides.push(path),
    ...change,
  });
  cleanUp(t, () => store.close());
  return { ...store, troubles, asides };
}

function idsIn(dataDir: string, range = {}): string[] {
  const file = openKeptFile(dataDir);
  assert.ok(file);
  try {
    return Array.from(file.read(range), ({ exchangeId }) => exchangeId);
  } finally {
    file.close();
  }
}

const settled = ({ stats }: KeptStore) => until(() => stats().queuedBytes === 0);

test('what is kept is read again as it was, in the order of its ends and by range', async (t) => {
  const dataDir = dataFolder(t);
  const store = open(t, dataDir);
  assert.equal(openKeptFile(dataDir), null, 'nothing is made before there is something to keep');
  const late = noise('late', 3000);
  store.keep(toKeep('late', { endedAt: '2026-11-26T13:00:00.000Z', tokens: 32, data: late.slice() }));
  for (let i = 0; i < 150; i++) {
    store.keep(toKeep(`e${i}`, { endedAt: `2026-11-26T12:00:${String(i % 60).padStart(2, '0')}.000Z` }));
  }
  await settled(store);
  const file = openKeptFile(dataDir);
  assert.ok(file);
  cleanUp(t, () => file.close());
  const [first, last] = ['2026-11-26T12:00:00.000Z', '2026-11-26T13:00:00.000Z'];
  assert.deepEqual(file.count({}), { exchanges: 151, tokens: 1532, from: first, to: last });
  const since = '2026-11-26T12:00:01.000Z';
  const second = { since, until: '2026-11-26T12:00:02.000Z' };
  assert.deepEqual(file.count(second), { exchanges: 3, tokens: 30, from: since, to: since });
  assert.deepEqual(file.count({ until: first }), { exchanges: 0, tokens: 0, from: null, to: null });
  const rows = [...file.read({ since })];
  assert.equal(rows.length, 148);
  assert.equal(rows.at(-1)?.exchangeId, 'late');
  assert.deepEqual(new Uint8Array(rows.at(-1)?.data ?? []), late);
  const ends = rows.map(({ endedAt }) => endedAt);
  assert.deepEqual(ends, [...ends].sort());
  assert.deepEqual(store.stats().dropped, {});
  assert.equal(store.stats().kept, 151);
});

test('the store has a bound: the oldest go, what is larger than all of it is left out, and both are counted', async (t) => {
  const dataDir = dataFolder(t);
  const store = open(t, dataDir, { maxBytes: 5_000 });
  for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) store.keep(toKeep(id));
  store.keep(toKeep('large', { data: noise('large', 6_000) }));
  await settled(store);
  const { kept, evicted, dropped, bytes } = store.stats();
  assert.deepEqual([kept, dropped], [6, { too_large: 1 }]);
  assert.ok(evicted > 0 && (bytes ?? 0) <= 5_000, `${evicted} evicted, ${bytes} bytes`);
  assert.deepEqual(idsIn(dataDir), ['a', 'b', 'c', 'd', 'e', 'f'].slice(evicted));
});

test('what waits has a bound too, and a closed store says that it is', async (t) => {
  const store = open(t, dataFolder(t), { maxBytes: 200_000_000 });
  const half = () => new Uint8Array(33 * 1024 * 1024);
  store.keep(toKeep('first', { data: half() }));
  store.keep(toKeep('second', { data: half() }));
  assert.deepEqual(store.stats().dropped, { queue_full: 1 });
  await store.close();
  assert.equal(store.stats().kept, 1, 'closing writes what waits');
  store.keep(toKeep('late'));
  assert.deepEqual(store.stats().dropped, { queue_full: 1, closed: 1 });
});

test('an exchange that has left the store leaves this one with the next sweep', async (t) => {
  const dataDir = dataFolder(t);
  const ledger = await createLedger({ dataDir, sinks: [] });
  cleanUp(t, () => ledger.close());
  const store = open(t, dataDir, { known: ledger.known });
  for (let i = 0; i < 3; i++) {
    await ledger.commit(exchange({ exchangeId: `e${i}`, conversationId: `c${i}` }));
    store.keep(toKeep(`e${i}`, { conversationId: `c${i}` }));
  }
  await settled(store);
  await store.sweep();
  assert.deepEqual(idsIn(dataDir), ['e0', 'e1', 'e2']);
  await ledger.erase({ by: 'conversation', value: 'c1' });
  await store.sweep();
  assert.deepEqual(idsIn(dataDir), ['e0', 'e2']);
  assert.equal(store.stats().expired, 1);
  const { length } = noise('', 1000);
  assert.ok((store.stats().bytes ?? 0) < 3 * length);
});

test('an erasure reaches what is kept, beside a store that is open, and no byte of it stays', async (t) => {
  const dataDir = dataFolder(t);
  assert.equal(eraseKept(dataDir, { by: 'exchange', value: 'a' }), 0);
  const store = open(t, dataDir);
  const data = noise('mine', 6000);
  store.keep(toKeep('mine', { conversationId: 'c7', subject: 's7', data: data.slice() }));
  store.keep(toKeep('theirs'));
  await settled(store);
  const files = () => readdirSync(dataDir).map((name) => readFileSync(join(dataDir, name)));
  const piece = Buffer.from(data.subarray(3000, 3200));
  assert.ok(
    files().some((bytes) => bytes.includes(piece)),
    'it is there before',
  );
  assert.equal(eraseKept(dataDir, { by: 'subject', value: 's7' }), 1);
  assert.ok(!files().some((bytes) => bytes.includes(piece)), 'and nowhere after');
  assert.deepEqual(idsIn(dataDir), ['theirs']);
  store.keep(toKeep('later'));
  await settled(store);
  assert.deepEqual(idsIn(dataDir), ['theirs', 'later']);
  assert.equal(eraseKept(dataDir, { by: 'conversation', value: 'c1' }), 2);
});

test('what another process erased is room again', async (t) => {
  const dataDir = dataFolder(t);
  const store = open(t, dataDir, { maxBytes: 5_000 });
  for (const id of ['a', 'b', 'c', 'd']) store.keep(toKeep(id, { subject: 's7' }));
  await settled(store);
  assert.equal(store.stats().evicted, 0);
  assert.equal(eraseKept(dataDir, { by: 'subject', value: 's7' }), 4);
  for (const id of ['e', 'f', 'g', 'h']) store.keep(toKeep(id));
  await settled(store);
  assert.equal(store.stats().evicted, 0);
  assert.deepEqual(idsIn(dataDir), ['e', 'f', 'g', 'h']);
  store.keep(toKeep('i', { data: noise('i', 4_000) }));
  await settled(store);
  assert.ok((store.stats().bytes ?? 0) <= 5_000, `${store.stats().bytes} bytes`);
});

test('a file that is no database is set aside and said, and keeping goes on', async (t) => {
  const dataDir = dataFolder(t);
  writeFileSync(join(dataDir, 'replay.db'), 'this is no database, and long enough to be looked at');
  assert.throws(() => openKeptFile(dataDir), { code: 'STORE_CORRUPT' });
  const store = open(t, dataDir);
  store.keep(toKeep('a'));
  await settled(store);
  assert.equal(store.asides.length, 1);
  assert.ok(existsSync(store.asides[0] ?? ''));
  assert.deepEqual(idsIn(dataDir), ['a']);
});

test('a damaged exchange is told of and the others are read', async (t) => {
  const dataDir = dataFolder(t);
  const store = open(t, dataDir);
  for (const id of ['a', 'b', 'c']) store.keep(toKeep(id));
  await store.close();
  const database = new DatabaseSync(join(dataDir, 'replay.db'));
  database.exec("UPDATE exchanges SET data = zeroblob(length(data)) WHERE exchange_id = 'b'");
  database.close();
  const file = openKeptFile(dataDir);
  assert.ok(file);
  cleanUp(t, () => file.close());
  const found = Array.from(file.read({}), ({ exchangeId, data }) => [exchangeId, data !== null]);
  assert.deepEqual(found, [
    ['a', true],
    ['b', false],
    ['c', true],
  ]);
});

test('a disk that is full costs what could not be kept, counted and said, and nothing else', async (t) => {
  const disk = smallDisk(t);
  if ('reason' in disk) return t.skip(disk.reason);
  const store = open(t, disk.folder, { maxBytes: 100_000_000 });
  for (let i = 0; i < 40; i++) store.keep(toKeep(`e${i}`, { data: noise(`e${i}`, 50_000) }));
  await settled(store);
  const { kept, dropped } = store.stats();
  assert.ok(kept > 0 && (dropped.disk_full ?? 0) > 0, JSON.stringify(store.stats()));
  assert.equal(kept + Object.values(dropped).reduce((sum, count) => sum + count, 0), 40);
  assert.ok(store.troubles.length > 0);
});

test('a folder where nothing can be written is said, and its exchanges are counted', async (t) => {
  const store = open(t, join(dataFolder(t), 'replay.db', 'nowhere\0'));
  for (const id of ['a', 'b']) store.keep(toKeep(id));
  await settled(store);
  assert.deepEqual(store.stats().dropped, { unavailable: 2 });
  assert.equal(store.troubles.length, 1);
});

test('a file of a later version is refused with what to do', async (t) => {
  const dataDir = dataFolder(t);
  const store = open(t, dataDir);
  store.keep(toKeep('a'));
  await store.close();
  const database = new DatabaseSync(join(dataDir, 'replay.db'));
  database.exec('PRAGMA user_version = 99');
  database.close();
  assert.throws(() => openKeptFile(dataDir), { code: 'SCHEMA_NEWER' });
  const later = open(t, dataDir);
  later.keep(toKeep('b'));
  await settled(later);
  assert.deepEqual(later.stats().dropped, { unavailable: 1 });
});
