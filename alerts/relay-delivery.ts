import type { BackoffOptions } from './backoff.ts';
import { deliverWithin } from './deliver-within.ts';
import { createHeldConversations, type HeldConversations } from './held-conversations.ts';
import type { DeliveryOutcome, Outbox, OutboxItem, Settlement, Sink } from './types.ts';

/** What one sink's deliveries need. */
export interface DeliveryParts {
  readonly outbox: Outbox;
  readonly sink: Sink;
  readonly batchSize: number;
  readonly backoff: BackoffOptions;
  readonly deliverTimeoutMs: number;
  readonly signal: AbortSignal;
}

/** What was done for one sink. */
export interface DeliveryCounts {
  readonly attempts: number;
  readonly delivered: number;
  readonly dead: number;
  /** Alerts that were asked for again. */
  readonly retried: number;
  readonly lastError: string | null;
}

/** `moved`: something left the outbox; `empty`: nothing waits; `held`: only conversations that may not be tried yet;
 *  `stuck`: nothing went through, or the store did not answer. */
export type Step = 'moved' | 'empty' | 'held' | 'stuck';

/** Takes, delivers and settles for one sink. */
export interface Delivery {
  /** One round. Never throws. */
  step(): Promise<Step>;
  /** Milliseconds until a held conversation may be tried. */
  heldMs(): number;
  forgetHeld(): void;
  counts(): DeliveryCounts;
}

/** Nothing is under way yet. */
export function createDelivery(parts: DeliveryParts): Delivery {
  const { outbox, sink } = parts;
  const held = createHeldConversations(parts.backoff);
  const counts = { attempts: 0, delivered: 0, dead: 0, retried: 0, lastError: null as string | null };
  let unsettled: Settlement | undefined;

  const settle = async (settlement: Settlement): Promise<void> => {
    unsettled = settlement;
    await outbox.settle(settlement);
    unsettled = undefined;
    counts.delivered += settlement.delivered.length;
    counts.dead += settlement.dead.length;
  };
  const round = async (): Promise<Step> => {
    // What was delivered but not yet struck off comes first, or it would be delivered again.
    if (unsettled !== undefined) await settle(unsettled);
    const items = await takeNext(parts, held);
    if (items.length === 0) return held.current().length > 0 ? 'held' : 'empty';
    const { timeoutMs, signal } = { timeoutMs: parts.deliverTimeoutMs, signal: parts.signal };
    const alerts = items.map(({ alert }) => alert);
    counts.attempts += 1;
    const sorted = sort(sink.name, items, await deliverWithin(sink, alerts, { timeoutMs, signal }));
    const { settlement, failed } = sorted;
    counts.retried += failed.length;
    counts.lastError = sorted.reason ?? counts.lastError;
    if (failed.length === items.length) {
      held.suspect(failed);
      return 'stuck';
    }
    if (settlement.delivered.length > 0) held.settle(items, failed);
    await settle(settlement);
    return 'moved';
  };
  const step = (): Promise<Step> =>
    round().catch((error: unknown) => {
      counts.lastError = error instanceof Error ? error.message : String(error);
      return 'stuck';
    });
  return { step, heldMs: held.nextMs, forgetHeld: held.clear, counts: () => ({ ...counts }) };
}

async function takeNext(parts: DeliveryParts, held: HeldConversations): Promise<readonly OutboxItem[]> {
  const take = () => {
    const query = { sink: parts.sink.name, limit: parts.batchSize };
    return parts.outbox.take({ ...query, exceptConversations: held.current() });
  };
  const items = await take();
  if (items.length > 0 || !held.hasSuspects()) return items;
  held.pardon();
  return take();
}

function sort(sink: string, items: readonly OutboxItem[], outcomes: readonly DeliveryOutcome[]) {
  const delivered: number[] = [];
  const dead: { seq: number; reason: string }[] = [];
  const failed: OutboxItem[] = [];
  for (const [index, item] of items.entries()) {
    const outcome = outcomes[index];
    if (outcome?.outcome === 'delivered') delivered.push(item.seq);
    else if (outcome?.outcome === 'rejected') dead.push({ seq: item.seq, reason: outcome.reason });
    else failed.push(item);
  }
  const reason = outcomes.flatMap((outcome) => (outcome.outcome === 'delivered' ? [] : [outcome.reason]))[0];
  return { settlement: { sink, delivered, dead }, failed, reason };
}
