import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Alert, alertsOf, createFileSink, detectionFindingSchema, toEvent } from '../../alerts/index.ts';
import { appendWhole } from '../../alerts/sinks/append-whole.ts';
import { dataFolder } from './cleanup.ts';
import { exchange } from './records.ts';
import { smallDisk } from './small-disk.ts';

function setUp(t: TestContext) {
  const path = join(dataFolder(t), 'logs', 'alerts.jsonl');
  const sink = createFileSink({ path });
  const deliver = async (count = 1) => {
    const alerts = Array.from({ length: count }, () => alertsOf(exchange())).flat();
    const outcomes = await sink.deliver(alerts, AbortSignal.timeout(120_000));
    return { ids: alerts.map(({ id }) => id), outcomes: outcomes.map(({ outcome }) => outcome) };
  };
  return { path, deliver };
}

const idsIn = (path: string) =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => detectionFindingSchema.parse(JSON.parse(line)).finding_info.uid);

test('every alert is one line with one event, in order, over many deliveries', async (t) => {
  const { path, deliver } = setUp(t);
  const first = await deliver(3);
  const second = await deliver(2);
  assert.deepEqual([...first.outcomes, ...second.outcomes], Array(5).fill('delivered'));
  assert.deepEqual(idsIn(path), [...first.ids, ...second.ids]);
});

test('a line that a crash cut off is taken back, however long it is, and the lines before it stay', async (t) => {
  for (const length of [1, 100, 200_000]) {
    const { path, deliver } = setUp(t);
    const before = await deliver();
    appendFileSync(path, '{'.repeat(length));
    const after = await deliver();
    assert.deepEqual(idsIn(path), [...before.ids, ...after.ids]);
  }
});

test('a file that has only the beginning of a line starts anew', async (t) => {
  const { path, deliver } = setUp(t);
  mkdirSync(join(path, '..'));
  writeFileSync(path, '{"half":');
  const { ids } = await deliver();
  assert.deepEqual(idsIn(path), ids);
});

test('a file that was moved away is begun again', async (t) => {
  const { path, deliver } = setUp(t);
  const first = await deliver();
  renameSync(path, `${path}.1`);
  const second = await deliver();
  assert.deepEqual([idsIn(`${path}.1`), idsIn(path)], [first.ids, second.ids]);
});

test('a path that cannot be written asks for a retry and says which', async (t) => {
  const path = dataFolder(t);
  const outcomes = await createFileSink({ path }).deliver(alertsOf(exchange()), AbortSignal.timeout(120_000));
  assert.equal(outcomes[0]?.outcome, 'retry');
  assert.match(outcomes[0]?.outcome === 'retry' ? outcomes[0].reason : '', new RegExp(`${path}.*EISDIR`));
});

test('on a full disk no half line stays, and the same alerts arrive when there is room', async (t) => {
  const disk = smallDisk(t);
  if ('reason' in disk) return t.skip(disk.reason);
  const path = join(disk.folder, 'alerts.jsonl');
  const ballast = join(disk.folder, 'ballast');
  const sink = createFileSink({ path });
  const deliver = async (count: number) => {
    const alerts = Array.from({ length: count }, () => alertsOf(exchange())).flat();
    const [outcome] = await sink.deliver(alerts, AbortSignal.timeout(120_000));
    return outcome?.outcome;
  };
  assert.equal(await deliver(1), 'delivered');
  assert.throws(() => writeFileSync(ballast, Buffer.alloc(2_000_000)), /ENOSPC/);
  assert.equal(await deliver(10), 'retry');
  assert.equal(idsIn(path).length, 1);
  rmSync(ballast);
  assert.equal(await deliver(10), 'delivered');
  assert.equal(idsIn(path).length, 11);
});

test('a file that is full is put aside, so many are kept, and every line is whole and in order', async (t) => {
  const path = join(dataFolder(t), 'alerts.jsonl');
  const one = Buffer.byteLength(JSON.stringify(toEvent(alertsOf(exchange())[0] as Alert))) + 1;
  const sink = createFileSink({ path, rotation: { maxBytes: 2 * one + 64, keep: 2 } });
  const ids: string[] = [];
  for (let count = 0; count < 9; count += 1) {
    const alerts = alertsOf(exchange());
    ids.push(...alerts.map(({ id }) => id));
    assert.deepEqual(await sink.deliver(alerts, AbortSignal.timeout(120_000)), [{ outcome: 'delivered' }]);
  }
  assert.deepEqual(readdirSync(join(path, '..')).sort(), [
    'alerts.jsonl',
    'alerts.jsonl.1',
    'alerts.jsonl.2',
  ]);
  assert.deepEqual([`${path}.2`, `${path}.1`, path].flatMap(idsIn), ids.slice(4));
});

test('a line that a crash cut off is taken back before its file is put aside', async (t) => {
  const path = join(dataFolder(t), 'alerts.jsonl');
  const sink = createFileSink({ path, rotation: { maxBytes: 1, keep: 2 } });
  const [before, after] = [alertsOf(exchange()), alertsOf(exchange())];
  await sink.deliver(before, AbortSignal.timeout(120_000));
  appendFileSync(path, '{"half":');
  await sink.deliver(after, AbortSignal.timeout(120_000));
  const ids = [before, after].map((alerts) => alerts.map(({ id }) => id));
  assert.deepEqual([idsIn(`${path}.1`), idsIn(path)], ids);
});

test('a folder that stands where the file is to be is not put aside', async (t) => {
  const path = dataFolder(t);
  const sink = createFileSink({ path, rotation: { maxBytes: 1, keep: 1 } });
  assert.equal((await sink.deliver(alertsOf(exchange()), AbortSignal.timeout(120_000)))[0]?.outcome, 'retry');
  assert.ok(!existsSync(`${path}.1`));
});

test('while a write takes longer than the relay waited, nothing is written beside it', async (t) => {
  const path = join(dataFolder(t), 'alerts.jsonl');
  execFileSync('mkfifo', [path]);
  const sink = createFileSink({ path });
  // More than a pipe holds: the write stands still until somebody reads.
  const many = Array.from({ length: 100 }, () => alertsOf(exchange())).flat();
  const first = sink.deliver(many, AbortSignal.timeout(120_000));
  const second = sink.deliver(alertsOf(exchange()), AbortSignal.timeout(120_000));
  const pipe = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const chunks: Buffer[] = [];
  let isOver = false;
  const both = Promise.all([first, second]).finally(() => {
    isOver = true;
  });
  for (let isLast = false; !isLast; await sleep(5)) {
    isLast = isOver;
    chunks.push(...readAll(pipe));
  }
  closeSync(pipe);
  const [outcome] = (await both)[1];
  assert.deepEqual(outcome, { outcome: 'retry', reason: `${path} is still being written` });
  const lines = String(Buffer.concat(chunks)).trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).finding_info.uid),
    many.map(({ id }) => id),
  );
});

function readAll(pipe: number): Buffer[] {
  const chunks: Buffer[] = [];
  const chunk = Buffer.alloc(65_536);
  try {
    for (let count = readSync(pipe, chunk); count > 0; count = readSync(pipe, chunk))
      chunks.push(Buffer.from(chunk.subarray(0, count)));
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'EAGAIN');
  }
  return chunks;
}

test('a write that failed takes back what it wrote, and never what somebody else wrote behind it', async (t) => {
  const path = join(dataFolder(t), 'alerts.jsonl');
  const append = async (whileSyncing: () => void) => {
    const file = await open(path, 'a+');
    const datasync = async (): Promise<never> => {
      whileSyncing();
      throw new Error('the disk is gone');
    };
    try {
      await assert.rejects(appendWhole(Object.assign(file, { datasync }), Buffer.from('mine\n')), /gone/);
    } finally {
      await file.close();
    }
  };
  writeFileSync(path, 'before\n');
  await append(() => {});
  assert.equal(readFileSync(path, 'utf8'), 'before\n');
  await append(() => appendFileSync(path, 'theirs\n'));
  assert.equal(readFileSync(path, 'utf8'), 'before\nmine\ntheirs\n');
});
