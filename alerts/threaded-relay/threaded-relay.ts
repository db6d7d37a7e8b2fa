import type { AlertsError } from '../alerts-error.ts';
import { laneStats, type SinkCounts } from '../lane-stats.ts';
import type { Relay } from '../relay.ts';
import type { SilenceKeeper } from '../routing/silence-keeper.ts';
import type { Ledger, Settlement, StoreTask } from '../types.ts';
import { createKeptCounts, type KeptCounts } from './kept-counts.ts';
import { createLastingThread, type LastingThread } from './lasting-thread.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { startRelayWorker } from './relay-worker.ts';
import type { KafkaLane, RelaySettings } from './thread-data.ts';

/** What a relay in a thread of its own needs. */
export interface ThreadedRelayParts extends RelaySettings {
  /** What is delivered is struck off through it; what is to be delivered the thread reads by itself. */
  readonly ledger: Pick<Ledger, 'outboxPlace' | 'noteFailure' | 'settle' | 'depth' | 'onCommitted'>;
  readonly lanes: readonly KafkaLane[];
  /** Left out: none. */
  readonly silences?: Pick<SilenceKeeper, 'current' | 'onChanged' | 'count'>;
  /** The thread ended by itself, or hung and was ended. It is started again. */
  readonly onThreadLost?: (error: AlertsError) => void;
  /** Default: the thread that comes with it. */
  readonly startWorker?: typeof startRelayWorker;
}

/** How long the thread and this one wait for each other's answers: longer than a store takes. A thread that takes longer
 *  hangs. */
const ASK_TIMEOUT_MS = 30_000;

/** Beyond the deadline of a stop: for ending connections and giving leases back. */
const END_MS = 2_000;

const START_AGAIN = { initialMs: 100, maxMs: 10_000 };

/** Relays to Kafka from a thread of its own, as a relay in this one would: reading the outbox, making events and encoding
 *  them cost neither the thread that serves clients nor the one that commits. A thread that ends by itself, or does not
 *  answer, is started again; what it had in its hands comes twice. */
export function createThreadedRelay(parts: ThreadedRelayParts): Relay {
  const { ledger, lanes } = parts;
  const names = lanes.map(({ kafka }) => kafka.name);
  const kept = createKeptCounts(names);
  const thread = threadFor(parts, kept);
  let unsubscribe = (): void => {};

  const start = (): void => {
    unsubscribe();
    unsubscribe = tellOf(parts, thread);
    thread.start();
  };
  const counts = async (): Promise<readonly SinkCounts[]> => {
    const asked = thread.current();
    const told = (await thread.ask('counts')) as readonly SinkCounts[] | undefined;
    // Of a thread that has ended meanwhile it is known what it did.
    if (told !== undefined && thread.current() === asked) kept.note(told);
    return kept.read();
  };
  const stop = async ({ deadlineMs }: { readonly deadlineMs: number }): Promise<void> => {
    unsubscribe();
    // What a thread that does not answer had in its hands stays in the outbox.
    const last = (await thread.stop(deadlineMs, deadlineMs + END_MS)) as readonly SinkCounts[] | undefined;
    if (last !== undefined) kept.note(last);
  };
  return { start, stop, stats: () => laneStats(ledger, names, counts) };
}

/** The threads that relay, one after another, none of them started yet. */
function threadFor(parts: ThreadedRelayParts, kept: KeptCounts): LastingThread {
  const { ledger, lanes, silences: _, onThreadLost, startWorker = startRelayWorker, ...settings } = parts;
  const owner = crypto.randomUUID();
  const data = { place: ledger.outboxPlace, owner, lanes, settings, askTimeoutMs: ASK_TIMEOUT_MS };
  const answers = answersOf(parts, (counts) => {
    thread.prosper();
    kept.note(counts);
  });
  const thread = createLastingThread({
    startWorker: () => startWorker(data, answers),
    onLost(error) {
      kept.lose(error.message);
      ledger.noteFailure('relay');
      onThreadLost?.(error);
    },
    backoff: START_AGAIN,
  });
  return thread;
}

/** What the thread may ask of this one, or tell it. */
function answersOf(
  { ledger, silences }: Pick<ThreadedRelayParts, 'ledger' | 'silences'>,
  onCounted: (counts: readonly SinkCounts[]) => void,
) {
  return {
    silences: () => silences?.current() ?? [],
    settle: (settlement: Settlement) => ledger.settle(settlement),
    counted: onCounted,
    silenced: (ids: readonly string[]) => silences?.count(ids),
    failed: (task: StoreTask) => ledger.noteFailure(task),
  };
}

/** Tells the thread of commits, one word at a time, and of each change of the silences.
 *  @returns what ends it */
function tellOf(
  { ledger, silences }: Pick<ThreadedRelayParts, 'ledger' | 'silences'>,
  thread: LastingThread,
): () => void {
  const wake = oneAtATime(() => thread.ask('wake'));
  const endCommits = ledger.onCommitted(({ alerts }) => {
    if (alerts > 0) wake();
  });
  const endSilences = silences?.onChanged((now) => thread.current()?.link.tell('silence', now));
  return () => {
    endCommits();
    endSilences?.();
  };
}
