import { AlertsError } from '../alerts-error.ts';
import { backoffMs } from '../backoff.ts';
import { laneStats, type SinkCounts } from '../lane-stats.ts';
import type { Relay } from '../relay.ts';
import type { SilenceKeeper } from '../routing/silence-keeper.ts';
import type { Ledger, Settlement, StoreTask } from '../types.ts';
import { createKeptCounts } from './kept-counts.ts';
import { type RelayWorker, startRelayWorker } from './relay-worker.ts';
import type { KafkaLane, RelaySettings } from './thread-data.ts';

/** What a relay in a thread of its own needs. */
export interface ThreadedRelayParts extends RelaySettings {
  /** What is delivered is struck off through it; what is to be delivered the thread reads by itself. */
  readonly ledger: Pick<Ledger, 'outboxPlace' | 'noteFailure' | 'settle' | 'depth' | 'onCommitted'>;
  readonly lanes: readonly KafkaLane[];
  /** Left out: none. */
  readonly silences?: Pick<SilenceKeeper, 'current' | 'onChanged' | 'count'>;
  /** The thread ended by itself. It is started again. */
  readonly onThreadLost?: (error: AlertsError) => void;
  /** Default: the thread that comes with it. */
  readonly startWorker?: typeof startRelayWorker;
}

/** How long the thread and this one wait for each other's answers: longer than a store takes. */
const ASK_TIMEOUT_MS = 30_000;

/** Beyond the deadline of a stop: for ending connections and giving leases back. */
const END_MS = 2_000;

const START_AGAIN = { initialMs: 100, maxMs: 10_000 };

/** Relays to Kafka from a thread of its own, as a relay in this one would: reading the outbox, making events and encoding
 *  them cost neither the thread that serves clients nor the one that commits. A thread that ends by itself is started
 *  again; what it had in its hands comes twice. */
export function createThreadedRelay(parts: ThreadedRelayParts): Relay {
  const { ledger, lanes, silences, onThreadLost, startWorker = startRelayWorker, ...settings } = parts;
  const names = lanes.map(({ kafka }) => kafka.name);
  const kept = createKeptCounts(names);
  const owner = crypto.randomUUID();
  const shared = { place: ledger.outboxPlace, owner, lanes, settings, askTimeoutMs: ASK_TIMEOUT_MS };
  let worker: RelayWorker | undefined;
  let losses = 0;
  let startingAgain: NodeJS.Timeout | undefined;
  let isStopped = false;
  let unsubscribe: (() => void)[] = [];

  const note = (counts: readonly SinkCounts[]): void => {
    losses = 0;
    kept.note(counts);
  };
  const answers = {
    settle: (settlement: Settlement) => ledger.settle(settlement),
    counted: note,
    silenced: (ids: readonly string[]) => silences?.count(ids),
    failed: (task: StoreTask) => ledger.noteFailure(task),
  };
  const lose = (error: AlertsError): void => {
    if (isStopped) return;
    worker = undefined;
    losses += 1;
    kept.lose(error.message);
    onThreadLost?.(error);
    startingAgain = setTimeout(begin, backoffMs(losses, START_AGAIN));
  };
  const begin = (): void => {
    worker = startWorker({ ...shared, silences: silences?.current() ?? [] }, answers);
    void worker.ended.then(lose);
  };
  const start = (): void => {
    if (worker !== undefined || isStopped) return;
    const wake = once(() => worker?.link.tell('wake', undefined));
    unsubscribe = [
      ledger.onCommitted(({ alerts }) => {
        if (alerts > 0) wake();
      }),
      silences?.onChanged((now) => worker?.link.tell('silence', now)) ?? (() => {}),
    ];
    begin();
  };
  const counts = async (): Promise<readonly SinkCounts[]> => {
    const asked = worker;
    try {
      if (asked !== undefined) note((await asked.link.ask('counts', undefined)) as readonly SinkCounts[]);
    } catch (error) {
      // Of a thread that has ended meanwhile it is known what it did.
      if (!(error instanceof AlertsError && error.code === 'WORKER_DIED')) throw error;
    }
    return kept.read();
  };
  const stop = async ({ deadlineMs }: { readonly deadlineMs: number }): Promise<void> => {
    isStopped = true;
    for (const end of unsubscribe) end();
    clearTimeout(startingAgain);
    const stopping = worker?.link.ask('stop', deadlineMs, deadlineMs + END_MS);
    // What a thread that does not answer had in its hands stays in the outbox.
    await stopping?.then((last) => note(last as readonly SinkCounts[])).catch(() => {});
    await worker?.end();
    worker = undefined;
  };
  return { start, stop, stats: () => laneStats(ledger, names, counts) };
}

/** Called many times before the event loop turns, it works once. */
function once(work: () => void): () => void {
  let isDue = false;
  return () => {
    if (isDue) return;
    isDue = true;
    setImmediate(() => {
      isDue = false;
      work();
    });
  };
}
