import { type BackoffOptions, backoffMs } from './backoff.ts';
import type { OutboxItem } from './types.ts';

/** Conversations whose oldest alert failed while others went through: they wait, the others go on. */
export interface HeldConversations {
  /** Those that wait now. */
  current(): string[];
  /** Milliseconds until the first may be tried again. */
  nextMs(): number;
  /** @param tried - all that a delivery held; those not retried are free again */
  update(tried: readonly OutboxItem[], retried: readonly OutboxItem[]): void;
  clear(): void;
}

/** More are not remembered: then all wait for the sink together. */
const MAX_HELD = 1000;

/** None is held yet. Times are monotonic: steps of the clock do not matter. */
export function createHeldConversations(backoff: BackoffOptions): HeldConversations {
  const held = new Map<string, { attempts: number; until: number }>();
  const waiting = () => [...held].filter(([, { until }]) => until > performance.now());

  const nextMs = (): number => {
    const first = Math.min(...waiting().map(([, { until }]) => until));
    return Number.isFinite(first) ? Math.max(1, first - performance.now()) : 1;
  };
  const update = (tried: readonly OutboxItem[], retried: readonly OutboxItem[]): void => {
    const failed = new Set(retried.map(({ alert }) => alert.conversationId));
    for (const { alert } of tried) {
      if (!failed.has(alert.conversationId)) held.delete(alert.conversationId);
    }
    for (const conversation of failed) {
      const attempts = (held.get(conversation)?.attempts ?? 0) + 1;
      if (attempts === 1 && held.size >= MAX_HELD) continue;
      held.set(conversation, { attempts, until: performance.now() + backoffMs(attempts, backoff) });
    }
  };
  return { current: () => waiting().map(([name]) => name), nextMs, update, clear: () => held.clear() };
}
