/** The thread that reads: `ReaderThreadModel` as worker data, `ToWorker` in, `FromWorker` out. An error in a batch ends it. */

import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { DetectorError } from '../detector-error.ts';
import type { EncodePlan } from '../encode-plan.ts';
import { isRunLengthExact } from './exactness.ts';
import type { ReaderOutcome } from './reader-job.ts';
import { createReaderSession, type ReaderModel, type ReaderSession } from './reader-session.ts';
import { setThreadNiceness } from './thread-niceness.ts';
import type { FromWorker, ToWorker } from './worker-messages.ts';

/** What a thread is started with. */
export interface ReaderThreadModel extends ReaderModel {
  /** How far the thread stands back behind others, 0 to 19. */
  readonly niceness: number;
}

async function serve(port: MessagePort, model: ReaderThreadModel): Promise<void> {
  setThreadNiceness(model.niceness);
  const session = await createReaderSession(model);
  const isExact = await isRunLengthExact(session, 2 * model.layers * model.dModel);
  const plans = new Map<number, EncodePlan>();
  port.on('message', (message: ToWorker) => {
    if (message.kind === 'plan') plans.set(message.plan.id, message.plan);
    else void answer(port, session, plans, message);
  });
  port.postMessage({ kind: 'ready', isRunLengthExact: isExact } satisfies FromWorker);
}

async function answer(
  port: MessagePort,
  session: ReaderSession,
  plans: ReadonlyMap<number, EncodePlan>,
  { jobs }: Extract<ToWorker, { kind: 'run' }>,
): Promise<void> {
  const outcomes = await session.run(jobs, plans);
  port.postMessage({ kind: 'done', outcomes } satisfies FromWorker, outcomes.flatMap(buffersOf));
}

function buffersOf(outcome: ReaderOutcome): ArrayBuffer[] {
  if (!('result' in outcome)) return [];
  const { signals, rowStart, index, value } = outcome.result;
  const arrays = [...signals.slice(0, 1), rowStart, index, value];
  return arrays.map((array) => array.buffer as ArrayBuffer);
}

if (parentPort) {
  const port = parentPort;
  await serve(port, workerData as ReaderThreadModel).catch((error: unknown) => {
    const code = error instanceof DetectorError ? error.code : 'WORKER_DIED';
    const message = error instanceof Error ? error.message : String(error);
    port.postMessage({ kind: 'unfit', code, message } satisfies FromWorker);
    port.close();
  });
}
