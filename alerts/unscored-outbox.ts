import { SCORING_SINK } from './dead-record.ts';
import { createGroupCommit } from './group-commit.ts';
import { committedOf, createListeners } from './listeners.ts';
import { isStoreWide, unrecordedBy } from './store-failure.ts';
import type { StoreClient } from './store-protocol.ts';
import type { CommitOutcome, Unreadable, UnscoredExchange, UnscoredOutbox } from './types.ts';

/** A relay is given exchanges until they come to so many bytes. */
export const MAX_TAKEN_BYTES = 8 * 1024 * 1024;

const MAX_BATCH = 64;

export interface UnscoredOutboxParts {
  readonly store: StoreClient;
  readonly maxQueued: number;
  readonly timeoutMs: number;
  readonly maxUnderWay: number;
  /** Told of every outcome. */
  note(outcome: CommitOutcome): void;
  onBuried(): void;
  /** Counts whether one became a dead letter, and says so. */
  burying(work: Promise<void>): Promise<boolean>;
}

/** The outbox of exchanges that are scored elsewhere; several that come together share one transaction. */
export function createUnscoredOutbox(
  parts: UnscoredOutboxParts,
): UnscoredOutbox & { close(): Promise<void>; queued(): number } {
  const { store, maxQueued, timeoutMs, maxUnderWay } = parts;
  const { notify, onCommitted } = createListeners();
  const write = (exchanges: readonly UnscoredExchange[]): Promise<readonly CommitOutcome[]> =>
    store.ask('addUnscored', exchanges).catch((error) => exchanges.map(() => unrecordedBy(error)));
  const bounds = { maxBatch: MAX_BATCH, maxQueued, timeoutMs, maxUnderWay };
  const group = createGroupCommit<UnscoredExchange>({ write, ...bounds });
  const put = async (exchange: Unreadable, reason: string): Promise<void> => {
    const { exchangeId, conversationId, subject = null, body: json } = exchange;
    await store.ask('bury', { sink: SCORING_SINK, exchangeId, conversationId, subject, reason, json });
  };
  const bury = async (exchange: Unreadable, reason: string): Promise<void> => {
    await put(exchange, reason);
    parts.onBuried();
  };
  const add = async (exchange: UnscoredExchange): Promise<CommitOutcome> => {
    const outcome = await group.submit(exchange);
    parts.note(outcome);
    // To whoever brings it, it is one thing that waits, as an alert is.
    if (outcome.outcome === 'committed') notify({ ...committedOf(exchange.exchangeId, outcome), alerts: 1 });
    if (outcome.outcome !== 'unrecorded' || isStoreWide(outcome.reason)) return outcome;
    return { ...outcome, isBuried: await parts.burying(put(exchange, outcome.message)) };
  };
  return {
    add,
    bury,
    take: (query) => store.ask('takeUnscored', query),
    settle: (settlement) => store.ask('settleUnscored', settlement),
    depth: () => store.ask('unscoredDepth', undefined),
    onCommitted,
    queued: group.queued,
    close: group.close,
  };
}
