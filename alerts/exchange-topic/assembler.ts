import type { KafkaMessage } from 'kafkajs';
import { type ExchangePart, readExchangePart } from './exchange-message.ts';

/** An exchange that came whole, or a message that is none. */
export interface Arrival {
  readonly partition: number;
  /** Of its last message. */
  readonly offset: bigint;
  /** Of a message that is none, and that names none, where it stands in the topic. */
  readonly exchangeId: string;
  readonly conversationId: string;
  /** Its JSON text; null where nothing could be made of it. */
  readonly body: string | null;
  /** Why it cannot be read; null where nothing is known against it. */
  readonly problem: string | null;
}

/** Puts the exchanges of one partition together again. Parts of one exchange follow each other, perhaps with those of
 *  other gateways between. A gateway that did not come to its end with one begins with it anew. */
export interface Assembler {
  /** What came to its end with this message. */
  push(message: KafkaMessage): Arrival[];
  /** Everything before this offset has come to its end; null where nothing waits for parts. */
  firstWaiting(): bigint | null;
}

/** What waits for parts; the oldest is given up where there is more. */
const MAX_WAITING = 16;
const MAX_WAITING_BYTES = 256 * 1024 * 1024;
/** What is not there so long after the first part came here will not come. Times that messages name do not matter: the
 *  clock of who sent them may be wrong. */
const MAX_AGE_MS = 3_600_000;

interface Waiting {
  readonly part: Pick<ExchangePart, 'exchangeId' | 'conversationId' | 'count'>;
  readonly pieces: Buffer[];
  readonly firstOffset: bigint;
  lastOffset: bigint;
  readonly firstAtMs: number;
  bytes: number;
}

/** Nothing has come yet.
 *  @param now - milliseconds that only grow */
export function createAssembler(
  topic: string,
  partition: number,
  now: () => number = () => performance.now(),
): Assembler {
  const waiting = new Map<string, Waiting>();

  function takeIn(part: ExchangePart, message: KafkaMessage): Arrival[] {
    const { exchangeId, index } = part;
    const offset = BigInt(message.offset);
    if (index === 0) {
      waiting.delete(exchangeId);
      const begun = { part, pieces: [], firstOffset: offset, lastOffset: offset, firstAtMs: now(), bytes: 0 };
      waiting.set(exchangeId, begun);
    }
    const known = waiting.get(exchangeId);
    if (known === undefined)
      return [lost(part, offset, `part ${index} of ${part.count} came without the first`)];
    // Seen before: the partition was read again from here.
    if (index < known.pieces.length) return [];
    if (index > known.pieces.length || part.count !== known.part.count) {
      waiting.delete(exchangeId);
      const expected = `part ${known.pieces.length} of ${known.part.count}`;
      return [lost(part, offset, `${expected} was to come, and part ${index} of ${part.count} came`)];
    }
    known.pieces.push(part.bytes);
    known.lastOffset = offset;
    known.bytes += part.bytes.length;
    if (known.pieces.length < part.count) return [];
    waiting.delete(exchangeId);
    return [whole(known)];
  }

  function whole({ part, pieces, lastOffset: offset }: Waiting): Arrival {
    const { exchangeId, conversationId } = part;
    const body = Buffer.concat(pieces).toString('utf8');
    return { partition, offset, exchangeId, conversationId, body, problem: null };
  }

  function lost(part: Waiting['part'], offset: bigint, problem: string): Arrival {
    const { exchangeId, conversationId } = part;
    return { partition, offset, exchangeId, conversationId, body: null, problem };
  }

  function giveUpOld(): Arrival[] {
    const nowMs = now();
    const given: Arrival[] = [];
    const bytes = () => [...waiting.values()].reduce((sum, one) => sum + one.bytes, 0);
    for (const [id, one] of waiting) {
      const isOld = nowMs - one.firstAtMs > MAX_AGE_MS;
      if (!isOld && waiting.size <= MAX_WAITING && bytes() <= MAX_WAITING_BYTES) break;
      waiting.delete(id);
      const came = `${one.pieces.length} of ${one.part.count} parts came`;
      given.push(lost(one.part, one.lastOffset, `${came}, and the rest did not`));
    }
    return given;
  }

  return {
    push(message) {
      const part = readExchangePart(message);
      if (typeof part !== 'string') return [...takeIn(part, message), ...giveUpOld()];
      const place = `${topic}/${partition}/${message.offset}`;
      const conversationId = message.key === null ? place : String(message.key);
      const body = message.value === null ? null : String(message.value);
      const problem = `the message at ${place} is no exchange: ${part}`;
      return [
        { partition, offset: BigInt(message.offset), exchangeId: place, conversationId, body, problem },
      ];
    },
    firstWaiting() {
      // In the order in which they began.
      const [first] = waiting.values();
      return first?.firstOffset ?? null;
    },
  };
}
