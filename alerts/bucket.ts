import { createHash } from 'node:crypto';

/** In so many parts the outbox of a sink is dealt out to relays. Part of the stored format. */
export const BUCKETS = 16;

/** The part of the outbox that a conversation's alerts are in, 0 to 15; the same everywhere. */
export function bucketOf(conversationId: string): number {
  const [first = 0] = createHash('sha256').update(conversationId).digest();
  return first % BUCKETS;
}
