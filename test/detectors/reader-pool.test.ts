import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import type { ReaderJob } from '../../detectors/reader/reader-job.ts';
import { createReaderPool, type ReaderPool } from '../../detectors/reader/reader-pool.ts';
import type { ReaderRequest } from '../../detectors/reader/reader-request.ts';

// As in workers/odd-worker.ts, which must not be loaded here: it would take this thread for a worker's parent.
const ORDERS = { echo: 0, throw: 1, hang: 2, exit: 3, waitForGate: 4, notFinite: 5, babble: 6 } as const;

async function openPool(
  t: TestContext,
  options: { workers?: number; maxQueuedJobs?: number; hangMs?: number } = {},
) {
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const pool = await createReaderPool({
    script: new URL('./workers/odd-worker.ts', import.meta.url),
    workerData: { gate },
    startMs: 120_000,
    hangMs: options.hangMs ?? 120_000,
    workers: options.workers ?? 1,
    maxQueuedJobs: options.maxQueuedJobs ?? 100,
    maxKeys: 256,
  });
  t.after(pool.close);
  /** Keeps a worker busy until the function it gives is called. */
  const block = async () => {
    const done = open(pool).run(job(ORDERS.waitForGate));
    while (pool.counts().queued > 0) await setImmediate();
    return () => {
      Atomics.store(gate, 0, 1);
      Atomics.notify(gate, 0);
      return done;
    };
  };
  return { pool, block };
}

function job(order: number, name = 0, length = 8): ReaderJob {
  const ids = new Int32Array(length).fill(name);
  ids[0] = order;
  return { ids, past: 0, cache: null, isKept: false, skip: 0, padding: 0, plan: 0 };
}

function open(
  pool: ReaderPool,
  options: { priority?: 'enforce' | 'observe'; timeoutMs?: number; abortSignal?: AbortSignal } = {},
): ReaderRequest {
  const { priority = 'observe', timeoutMs = 60_000, abortSignal } = options;
  return pool.open({ priority, timeoutMs, abortSignal });
}

async function nameOf(result: ReturnType<ReaderRequest['run']>): Promise<number | undefined> {
  return (await result).signals[0]?.[1];
}

test('every job gets its own result, alone or in a batch', async (t) => {
  const { pool } = await openPool(t, { workers: 2 });
  const request = open(pool);
  const names = Array.from({ length: 60 }, (_, i) => i);
  const results = names.map((name) => nameOf(request.run(job(ORDERS.echo, name))));
  assert.deepEqual(await Promise.all(results), names);
  assert.ok(pool.counts().batches < 60, 'jobs of like shape share batches');
  assert.equal(pool.counts().queued, 0);
});

test('enforcing work is taken before observing work', async (t) => {
  const { pool, block } = await openPool(t);
  const order: string[] = [];
  const track = (name: string, result: Promise<unknown>) => result.then(() => order.push(name));
  const release = await block();
  const observed = track('observe', open(pool).run(job(ORDERS.echo, 1, 40)));
  const enforced = track('enforce', open(pool, { priority: 'enforce' }).run(job(ORDERS.echo, 2, 80)));
  await Promise.all([release(), observed, enforced]);
  assert.deepEqual(order, ['enforce', 'observe']);
});

test('a push says how long the job of it waited that waited longest', async (t) => {
  const { pool, block } = await openPool(t);
  const [first, waiting, unasked] = [open(pool), open(pool), open(pool)];
  await first.run(job(ORDERS.echo, 1));
  const release = await block();
  const done = waiting.run(job(ORDERS.echo, 2));
  const begunMs = performance.now();
  await sleep(5);
  const leastMs = performance.now() - begunMs;
  await release();
  await done;
  assert.ok(waiting.longestWaitMs() >= leastMs);
  assert.equal(unasked.longestWaitMs(), 0);
});

test('a full queue refuses what is too much and counts each push once', async (t) => {
  const { pool, block } = await openPool(t, { maxQueuedJobs: 2 });
  const release = await block();
  const queued = [1, 2].map((name) => nameOf(open(pool).run(job(ORDERS.echo, name, 40))));
  const tooMany = open(pool);
  const refused = [tooMany.run(job(ORDERS.echo)), tooMany.run(job(ORDERS.echo))];
  for (const result of refused) await assert.rejects(result, { code: 'QUEUE_FULL' });
  assert.equal(pool.counts().rejectedQueueFull, 1);
  await release();
  assert.deepEqual(await Promise.all(queued), [1, 2]);
});

test('a push past its deadline fails, is counted once, and leaves the queue', async (t) => {
  const { pool, block } = await openPool(t);
  const release = await block();
  const late = open(pool, { timeoutMs: 20 });
  const results = [late.run(job(ORDERS.echo)), late.run(job(ORDERS.echo))];
  for (const result of results) await assert.rejects(result, { code: 'TIMEOUT' });
  assert.equal(pool.counts().timedOut, 1);
  assert.equal(pool.counts().queued, 0);
  await assert.rejects(late.run(job(ORDERS.echo)), { code: 'TIMEOUT' });
  await release();
  assert.equal(await nameOf(open(pool).run(job(ORDERS.echo, 5))), 5);
});

test('an aborted push fails at once, in the queue or in flight', async (t) => {
  const { pool, block } = await openPool(t);
  const release = await block();
  const abort = new AbortController();
  const request = open(pool, { abortSignal: abort.signal });
  const results = [request.run(job(ORDERS.echo)), request.run(job(ORDERS.echo, 1, 40))];
  abort.abort();
  for (const result of results) await assert.rejects(result, { code: 'ABORTED' });
  await release();
  await assert.rejects(open(pool, { abortSignal: abort.signal }).run(job(ORDERS.echo)), { code: 'ABORTED' });
  assert.equal(await nameOf(open(pool).run(job(ORDERS.echo, 6))), 6);
});

for (const order of ['throw', 'exit', 'hang', 'babble'] as const) {
  test(`a worker that does ${order} fails its jobs and no others`, async (t) => {
    const { pool } = await openPool(t, { hangMs: order === 'hang' ? 3000 : 120_000 });
    const lost = open(pool).run(job(ORDERS[order]));
    const later = nameOf(open(pool).run(job(ORDERS.echo, 9, 40)));
    await assert.rejects(lost, { code: 'WORKER_DIED' });
    assert.equal(await later, 9);
    assert.equal(pool.counts().workersReplaced, 1);
  });
}

test('a value that is not finite fails its own job and is counted', async (t) => {
  const { pool } = await openPool(t);
  const bad = open(pool).run(job(ORDERS.notFinite));
  const good = nameOf(open(pool).run(job(ORDERS.echo, 3)));
  await assert.rejects(bad, { code: 'NON_FINITE' });
  assert.equal(await good, 3);
  assert.equal(pool.counts().nonFinite, 1);
});

test('closing fails what is open and refuses what comes', async (t) => {
  const { pool } = await openPool(t);
  const results = [open(pool).run(job(ORDERS.hang)), open(pool).run(job(ORDERS.echo, 1, 40))];
  const closed = pool.close();
  for (const result of results) await assert.rejects(result, { code: 'CLOSED' });
  await closed;
  await assert.rejects(open(pool).run(job(ORDERS.echo)), { code: 'CLOSED' });
});

test('a worker that cannot start is an error at once', async () => {
  const parts = {
    workerData: {},
    startMs: 120_000,
    hangMs: 120_000,
    workers: 2,
    maxQueuedJobs: 1,
    maxKeys: 256,
  };
  const script = new URL('./workers/no-such-worker.ts', import.meta.url);
  await assert.rejects(createReaderPool({ script, ...parts }), { code: 'WORKER_DIED' });
});
