import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createGroupCommit } from '../../alerts/group-commit.ts';
import type { CommitOutcome } from '../../alerts/types.ts';
import { until } from './sinks.ts';

const BOUNDS = { maxBatch: 3, maxUnderWay: 2, maxQueued: 100, timeoutMs: 600_000 };

/** A group commit of numbers whose transactions end when they are told to. */
function start() {
  const begun: { readonly records: readonly number[]; end(): void }[] = [];
  const write = (records: readonly number[]) =>
    new Promise<readonly CommitOutcome[]>((resolve) => {
      const outcomes = records.map(
        (cursor): CommitOutcome => ({ outcome: 'committed', cursor, alertIds: [] }),
      );
      begun.push({ records, end: () => resolve(outcomes) });
    });
  return { begun, group: createGroupCommit<number>({ write, ...BOUNDS }) };
}

const cursors = (outcomes: readonly CommitOutcome[]) =>
  outcomes.map((outcome) => (outcome.outcome === 'committed' ? outcome.cursor : null));

test('a full batch does not wait for the one before; what fills none does, and nothing is left behind', async () => {
  const { begun, group } = start();
  const all = Promise.all(Array.from({ length: 11 }, (_, index) => group.submit(index)));
  await until(() => begun.length === 2, 'two are under way');
  assert.deepEqual(
    begun.map(({ records }) => records),
    [
      [0, 1, 2],
      [3, 4, 5],
    ],
  );
  begun[1]?.end();
  await until(() => begun.length === 3, 'the next full one has begun');
  assert.deepEqual(begun[2]?.records, [6, 7, 8]);
  begun[2]?.end();
  // Two are left, which fill no batch: they begin with the end of the first.
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(begun.length, 3);
  begun[0]?.end();
  await until(() => begun.length === 4, 'the rest has begun');
  assert.deepEqual(begun[3]?.records, [9, 10]);
  begun[3]?.end();
  assert.deepEqual(cursors(await all), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  await group.close();
});

test('batches that end together leave nothing behind', async () => {
  const { begun, group } = start();
  const all = Promise.all(Array.from({ length: 7 }, (_, index) => group.submit(index)));
  await until(() => begun.length === 2, 'two are under way');
  for (const { end } of begun) end();
  await until(() => begun.length === 3, 'the rest has begun');
  begun[2]?.end();
  assert.deepEqual(cursors(await all), [0, 1, 2, 3, 4, 5, 6]);
  const late = group.submit(7);
  await until(() => begun.length === 4, 'one by itself has begun');
  begun[3]?.end();
  assert.deepEqual(cursors([await late]), [7]);
});

test('exchanges of one turn of the event loop go together, whatever runs between them', async () => {
  const written: (readonly number[])[] = [];
  const write = async (records: readonly number[]) => {
    written.push(records);
    return records.map((cursor): CommitOutcome => ({ outcome: 'committed', cursor, alertIds: [] }));
  };
  const group = createGroupCommit<number>({ write, ...BOUNDS });
  // As sockets that are found readable in one turn: the microtasks of each run before the next is looked at.
  const submitted = [0, 1].map(async (record) => {
    await new Promise((resolve) => setImmediate(resolve));
    return group.submit(record);
  });
  assert.deepEqual(cursors(await Promise.all(submitted)), [0, 1]);
  assert.deepEqual(written, [[0, 1]]);
  await group.close();
});
