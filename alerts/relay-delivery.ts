import type { BackoffOptions } from './backoff.ts';
import { deliverWithin } from './deliver-within.ts';
import { createHeldConversations } from './held-conversations.ts';
import { createDeliveryCounts, type DeliveryCounts, sortDelivery } from './relay-outcome.ts';
import { createStrikes } from './relay-strikes.ts';
import type { Outbox, OutboxItem, Payload, Sink } from './types.ts';

/** What one sink's deliveries need. */
export interface DeliveryParts<Brought extends Payload> {
  readonly outbox: Pick<Outbox<Brought>, 'take' | 'settle'>;
  readonly sink: Sink<Brought>;
  readonly batchSize: number;
  readonly backoff: BackoffOptions;
  readonly deliverTimeoutMs: number;
  readonly signal: AbortSignal;
  /** Called with the ids of silences, one for each alert that was held back and is off the outbox. */
  readonly onSilenced?: (silences: readonly string[]) => void;
}

/** `moved`: something left the outbox; `empty`: nothing waits; `held`: only conversations that may not be tried yet;
 *  `stuck`: nothing went through, or the store did not answer. */
export type Step = 'moved' | 'empty' | 'held' | 'stuck';

/** Takes, delivers and settles for one sink. */
export interface Delivery {
  /** One round. Never throws. */
  step(): Promise<Step>;
  /** Waits until what was delivered is struck off. Never throws: what cannot be comes again. */
  finish(): Promise<void>;
  /** Milliseconds until a held conversation may be tried. */
  heldMs(): number;
  forgetHeld(): void;
  counts(): DeliveryCounts;
}

/** Nothing is under way yet. While a sink has one batch in its hands the next is taken, and the one before struck off. */
export function createDelivery<Brought extends Payload>(parts: DeliveryParts<Brought>): Delivery {
  const { outbox, sink, batchSize, signal } = parts;
  const timeoutMs = Math.max(parts.deliverTimeoutMs, sink.mayTakeMs ?? 0);
  const held = createHeldConversations(parts.backoff);
  const counts = createDeliveryCounts();
  const strikes = createStrikes(outbox.settle, (sorted) => {
    counts.add(sorted);
    if (sorted.silences.length > 0) parts.onSilenced?.(sorted.silences);
  });
  let ahead: Promise<Items<Brought>> | undefined;

  const take = (inHand: Items<Brought> = []): Promise<Items<Brought>> => {
    const exceptSeqs = [...strikes.seqs(), ...inHand.map(({ seq }) => seq)];
    const query = { sink: sink.name, limit: batchSize, exceptSeqs };
    return outbox.take({ ...query, exceptConversations: held.current() });
  };
  const takeNext = async (): Promise<Items<Brought>> => {
    const taken = ahead;
    ahead = undefined;
    const items = await (taken ?? take());
    if (items.length > 0 || !held.hasSuspects()) return items;
    held.pardon();
    return take();
  };
  const takeAhead = (inHand: Items<Brought>): void => {
    // Where little waits, the next delivery has more to bring if it takes later.
    if (inHand.length < batchSize || held.current().length > 0) return;
    ahead = take(inHand);
    // Whoever asks for it meets its failure.
    ahead.catch(() => {});
  };
  const round = async (): Promise<Step> => {
    await strikes.retryFailed();
    // Asked before: their time may come while nothing else is found.
    const isAnyHeld = held.current().length > 0;
    const items = await takeNext();
    if (items.length === 0) {
      await strikes.finish();
      return isAnyHeld ? 'held' : 'empty';
    }
    takeAhead(items);
    const alerts = items.map(({ payload }) => payload);
    const sorted = sortDelivery(sink.name, items, await deliverWithin(sink, alerts, { timeoutMs, signal }));
    counts.tried(sorted);
    const { failed, later, taken, settlement } = sorted;
    // What was taken ahead may be of conversations that have to wait.
    if (failed.length + later > 0) ahead = undefined;
    if (failed.length > 0 && taken + settlement.dead.length === 0) {
      held.suspect(failed);
      if (failed.length < items.length) await strikes.begin(sorted);
      return 'stuck';
    }
    if (taken > 0) held.settle(items, failed);
    await strikes.begin(sorted);
    return 'moved';
  };
  const attempt = <Done>(work: () => Promise<Done>, otherwise: Done): Promise<Done> =>
    work().catch((error: unknown) => {
      counts.failed(error instanceof Error ? error.message : String(error));
      return otherwise;
    });
  return {
    step: () => attempt(round, 'stuck'),
    finish: () => attempt(strikes.finish, undefined),
    heldMs: held.nextMs,
    forgetHeld: held.clear,
    counts: counts.read,
  };
}

type Items<Brought extends Payload> = readonly OutboxItem<Brought>[];
