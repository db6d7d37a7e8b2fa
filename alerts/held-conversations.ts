import { type BackoffOptions, backoffMs } from './backoff.ts';
import type { OutboxItem, Payload } from './types.ts';

type Item = OutboxItem<Payload>;

/** Conversations that wait while others go on, so that one alert that no sink takes does not keep the rest.
 *
 *  When nothing of a delivery went through, it is not known whether the sink is down or only these alerts fail: their
 *  conversations are suspects, and others are tried first. Once something went through, suspects are held, each with
 *  its own growing wait. A whole conversation waits, never a single alert: the order stays. */
export interface HeldConversations {
  /** Held ones that still wait, and suspects. */
  current(): string[];
  hasSuspects(): boolean;
  /** Nothing of these went through. */
  suspect(failed: readonly Item[]): void;
  /** Only suspects are left: they are tried again. */
  pardon(): void;
  /** Some of these went through, and these failed. */
  settle(tried: readonly Item[], failed: readonly Item[]): void;
  /** Milliseconds until the first held one may be tried again. */
  nextMs(): number;
  clear(): void;
}

/** More are not remembered: they are tried with the others. */
const MAX_CONVERSATIONS = 1000;

/** None is held yet. Times are monotonic: steps of the clock do not matter. */
export function createHeldConversations(backoff: BackoffOptions): HeldConversations {
  const held = new Map<string, { attempts: number; until: number }>();
  const suspects = new Set<string>();
  const waiting = () => [...held].filter(([, { until }]) => until > performance.now());

  const hold = (conversation: string): void => {
    const attempts = (held.get(conversation)?.attempts ?? 0) + 1;
    if (attempts === 1 && held.size >= MAX_CONVERSATIONS) return;
    held.set(conversation, { attempts, until: performance.now() + backoffMs(attempts, backoff) });
  };
  const suspect = (failed: readonly Item[]): void => {
    for (const conversation of conversationsOf(failed)) suspects.add(conversation);
    if (suspects.size > MAX_CONVERSATIONS) suspects.clear();
  };
  const settle = (tried: readonly Item[], failed: readonly Item[]): void => {
    const failing = new Set([...suspects, ...conversationsOf(failed)]);
    for (const conversation of conversationsOf(tried)) {
      if (!failing.has(conversation)) held.delete(conversation);
    }
    for (const conversation of failing) hold(conversation);
    suspects.clear();
  };
  const nextMs = (): number => {
    const first = Math.min(...waiting().map(([, { until }]) => until));
    return Number.isFinite(first) ? Math.max(1, first - performance.now()) : 1;
  };
  const clear = (): void => {
    held.clear();
    suspects.clear();
  };
  const current = () => [...waiting().map(([conversation]) => conversation), ...suspects];
  return {
    current,
    hasSuspects: () => suspects.size > 0,
    suspect,
    pardon: () => suspects.clear(),
    settle,
    nextMs,
    clear,
  };
}

function conversationsOf(items: readonly Item[]): Set<string> {
  return new Set(items.map(({ payload }) => payload.conversationId));
}
