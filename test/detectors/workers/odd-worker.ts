// A worker that does what the first id of each batch says, to see how the pool takes it.
import { parentPort, workerData } from 'node:worker_threads';
import type { ReaderJob, ReaderOutcome } from '../../../detectors/reader/reader-job.ts';
import type { ToWorker } from '../../../detectors/reader/worker-messages.ts';

export const ORDERS = {
  echo: 0,
  throw: 1,
  hang: 2,
  exit: 3,
  waitForGate: 4,
  notFinite: 5,
  babble: 6,
} as const;

function wait(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function outcomeOf({ ids }: ReaderJob): ReaderOutcome {
  if (ids[0] === ORDERS.notFinite) return { failure: 'NON_FINITE', message: 'a value is not finite' };
  const rowStart = new Uint32Array(2);
  return {
    result: {
      signals: [Float32Array.from(ids)],
      rowStart,
      index: new Uint32Array(),
      value: new Float32Array(),
    },
  };
}

parentPort?.on('message', (message: ToWorker) => {
  if (message.kind !== 'run') return;
  const order = message.jobs[0]?.ids[0];
  if (order === ORDERS.throw) throw new Error('thrown on purpose');
  if (order === ORDERS.exit) process.exit(7);
  if (order === ORDERS.hang) while (order === ORDERS.hang) wait(1000);
  if (order === ORDERS.waitForGate) Atomics.wait((workerData as { gate: Int32Array }).gate, 0, 0);
  const outcomes = order === ORDERS.babble ? [] : message.jobs.map(outcomeOf);
  parentPort?.postMessage({ kind: 'done', outcomes });
});
parentPort?.postMessage({ kind: 'ready', isRunLengthExact: true });
