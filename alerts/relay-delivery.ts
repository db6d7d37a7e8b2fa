import type { BackoffOptions } from './backoff.ts';
import { deliverWithin } from './deliver-within.ts';
import { createHeldConversations, type HeldConversations } from './held-conversations.ts';
import type { DeliveryOutcome, HeldBy, Outbox, OutboxItem, Payload, Settlement, Sink } from './types.ts';

/** What one sink's deliveries need. */
export interface DeliveryParts<Brought extends Payload> {
  readonly outbox: Outbox<Brought>;
  readonly sink: Sink<Brought>;
  readonly batchSize: number;
  readonly backoff: BackoffOptions;
  readonly deliverTimeoutMs: number;
  readonly signal: AbortSignal;
  /** Called with the ids of silences, one for each alert that was held back and is off the outbox. */
  readonly onSilenced?: (silences: readonly string[]) => void;
}

/** What was done for one sink. */
export interface DeliveryCounts {
  readonly attempts: number;
  readonly delivered: number;
  readonly dead: number;
  /** Alerts that were asked for again. */
  readonly retried: number;
  /** Alerts that the sink was not to get, by why. */
  readonly held: Readonly<Record<HeldBy, number>>;
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
export function createDelivery<Brought extends Payload>(parts: DeliveryParts<Brought>): Delivery {
  const { outbox, sink } = parts;
  const held = createHeldConversations(parts.backoff);
  const counts = createCounts();
  let unsettled: Sorted | undefined;

  const settle = async (sorted: Sorted): Promise<void> => {
    unsettled = sorted;
    await outbox.settle(sorted.settlement);
    unsettled = undefined;
    counts.add(sorted);
    if (sorted.silences.length > 0) parts.onSilenced?.(sorted.silences);
  };
  const round = async (): Promise<Step> => {
    // What was delivered but not yet struck off comes first, or it would be delivered again.
    if (unsettled !== undefined) await settle(unsettled);
    const items = await takeNext(parts, held);
    if (items.length === 0) return held.current().length > 0 ? 'held' : 'empty';
    const { timeoutMs, signal } = { timeoutMs: parts.deliverTimeoutMs, signal: parts.signal };
    const alerts = items.map(({ payload }) => payload);
    const sorted = sort(sink.name, items, await deliverWithin(sink, alerts, { timeoutMs, signal }));
    counts.tried(sorted);
    const { failed, taken, settlement } = sorted;
    if (failed.length > 0 && taken + settlement.dead.length === 0) {
      held.suspect(failed);
      if (failed.length < items.length) await settle(sorted);
      return 'stuck';
    }
    if (taken > 0) held.settle(items, failed);
    await settle(sorted);
    return 'moved';
  };
  const step = (): Promise<Step> =>
    round().catch((error: unknown) => {
      counts.failed(error instanceof Error ? error.message : String(error));
      return 'stuck';
    });
  return { step, heldMs: held.nextMs, forgetHeld: held.clear, counts: counts.read };
}

async function takeNext<Brought extends Payload>(
  parts: DeliveryParts<Brought>,
  held: HeldConversations,
): Promise<readonly OutboxItem<Brought>[]> {
  const take = () => {
    const query = { sink: parts.sink.name, limit: parts.batchSize };
    return parts.outbox.take({ ...query, exceptConversations: held.current() });
  };
  const items = await take();
  if (items.length > 0 || !held.hasSuspects()) return items;
  held.pardon();
  return take();
}

/** What became of one delivery. */
interface Sorted {
  readonly settlement: Settlement;
  readonly failed: readonly OutboxItem<Payload>[];
  /** How many the sink took. */
  readonly taken: number;
  readonly held: readonly HeldBy[];
  readonly silences: readonly string[];
  readonly reason: string | undefined;
}

function sort(
  sink: string,
  items: readonly OutboxItem<Payload>[],
  outcomes: readonly DeliveryOutcome[],
): Sorted {
  const done: number[] = [];
  const dead: { seq: number; reason: string }[] = [];
  const failed: OutboxItem<Payload>[] = [];
  const held: HeldBy[] = [];
  for (const [index, item] of items.entries()) {
    const outcome = outcomes[index];
    if (outcome?.outcome === 'held') held.push(outcome.by);
    if (outcome?.outcome === 'delivered' || outcome?.outcome === 'held') done.push(item.seq);
    else if (outcome?.outcome === 'rejected') dead.push({ seq: item.seq, reason: outcome.reason });
    else failed.push(item);
  }
  const reason = outcomes.flatMap((outcome) => ('reason' in outcome ? [outcome.reason] : []))[0];
  const silences = outcomes.flatMap((outcome) => (outcome.outcome === 'held' ? (outcome.silence ?? []) : []));
  const settlement = { sink, delivered: done, dead };
  return { settlement, failed, taken: done.length - held.length, held, silences, reason };
}

function createCounts() {
  const counts = { attempts: 0, delivered: 0, dead: 0, retried: 0, lastError: null as string | null };
  const held: Record<HeldBy, number> = { route: 0, silence: 0, group: 0, rate_limit: 0 };
  return {
    tried({ failed, reason }: Sorted): void {
      counts.attempts += 1;
      counts.retried += failed.length;
      counts.lastError = reason ?? counts.lastError;
    },
    add(sorted: Sorted): void {
      counts.delivered += sorted.taken;
      counts.dead += sorted.settlement.dead.length;
      for (const by of sorted.held) held[by] += 1;
    },
    failed(reason: string): void {
      counts.lastError = reason;
    },
    read: (): DeliveryCounts => ({ ...counts, held: { ...held } }),
  };
}
