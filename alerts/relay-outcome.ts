import type { DeliveryOutcome, HeldBy, OutboxItem, Payload, Settlement } from './types.ts';

/** What became of one delivery. */
export interface SortedDelivery {
  readonly settlement: Settlement;
  readonly failed: readonly OutboxItem<Payload>[];
  /** How many the sink found no time for. */
  readonly later: number;
  /** How many the sink took. */
  readonly taken: number;
  readonly held: readonly HeldBy[];
  /** Of those that a silence held back, which one. */
  readonly silences: readonly string[];
  readonly reason: string | undefined;
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

/** @param outcomes - one for each item, in order; one that is missing asks for a retry */
export function sortDelivery(
  sink: string,
  items: readonly OutboxItem<Payload>[],
  outcomes: readonly DeliveryOutcome[],
): SortedDelivery {
  const done: number[] = [];
  const dead: { seq: number; reason: string }[] = [];
  const failed: OutboxItem<Payload>[] = [];
  const held: HeldBy[] = [];
  for (const [index, item] of items.entries()) {
    const outcome = outcomes[index];
    if (outcome?.outcome === 'held') held.push(outcome.by);
    if (outcome?.outcome === 'delivered' || outcome?.outcome === 'held') done.push(item.seq);
    else if (outcome?.outcome === 'rejected') dead.push({ seq: item.seq, reason: outcome.reason });
    else if (outcome?.outcome !== 'later') failed.push(item);
  }
  const reason = outcomes.flatMap((outcome) => ('reason' in outcome ? [outcome.reason] : []))[0];
  const silences = outcomes.flatMap((outcome) => (outcome.outcome === 'held' ? (outcome.silence ?? []) : []));
  const settlement = { sink, delivered: done, dead };
  const later = items.length - done.length - dead.length - failed.length;
  return { settlement, failed, later, taken: done.length - held.length, held, silences, reason };
}

/** Counts deliveries when they were tried, and what came of them once it is struck off. */
export function createDeliveryCounts() {
  const counts = { attempts: 0, delivered: 0, dead: 0, retried: 0, lastError: null as string | null };
  const held: Record<HeldBy, number> = { route: 0, silence: 0, group: 0, rate_limit: 0 };
  return {
    tried({ failed, reason }: SortedDelivery): void {
      counts.attempts += 1;
      counts.retried += failed.length;
      counts.lastError = reason ?? counts.lastError;
    },
    add(sorted: SortedDelivery): void {
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
