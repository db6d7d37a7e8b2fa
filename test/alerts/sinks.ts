import { setTimeout as sleep } from 'node:timers/promises';
import type { Alert, DeliveryOutcome, Sink } from '../../alerts/index.ts';

/** A destination in memory that answers as it is told, alert by alert. */
export interface ListSink extends Sink {
  /** Ids of what it took, in order, duplicates included. */
  readonly taken: string[];
  readonly alerts: Alert[];
  deliveries: number;
  answer: (alert: Alert) => DeliveryOutcome | Promise<DeliveryOutcome>;
}

/** Takes everything until `answer` is changed; keeps to the rule that nothing of a conversation passes a retry. */
export function createListSink(name = 'list'): ListSink {
  const sink: ListSink = {
    name,
    taken: [],
    alerts: [],
    deliveries: 0,
    answer: () => ({ outcome: 'delivered' }),
    async deliver(alerts) {
      sink.deliveries += 1;
      const outcomes: DeliveryOutcome[] = [];
      const stopped = new Set<string>();
      for (const alert of alerts) {
        const isStopped = stopped.has(alert.conversationId);
        const outcome = isStopped
          ? { outcome: 'retry' as const, reason: 'after one' }
          : await sink.answer(alert);
        if (outcome.outcome === 'retry') stopped.add(alert.conversationId);
        if (outcome.outcome === 'delivered') {
          sink.taken.push(alert.id);
          sink.alerts.push(alert);
        }
        outcomes.push(outcome);
      }
      return outcomes;
    },
    close: async () => {},
  };
  return sink;
}

const WAIT_MS = 120_000;

/** Waits until `isTrue` holds; the deadline is far away and only ends a test that would hang. */
export async function until(isTrue: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + WAIT_MS;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`waited ${WAIT_MS} ms in vain until ${what}`);
    await sleep(10);
  }
}
