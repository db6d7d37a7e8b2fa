import type { KafkaMessage } from 'kafkajs';
import type { KafkaMessage as Sent } from '../sinks/kafka-writer.ts';
import type { UnscoredExchange } from '../types.ts';

/** The type of a message that holds an exchange, or a part of one. */
const EXCHANGE_TYPE = 'telltale.exchange.v1';

/** A message of the topic, read. */
export interface ExchangePart {
  readonly exchangeId: string;
  readonly conversationId: string;
  readonly index: number;
  readonly count: number;
  readonly bytes: Buffer;
}

const MAX_PARTS = 100_000;

/** An exchange as CloudEvents in binary mode, keyed by conversation; one that is larger than a message may be goes in
 *  parts, one after another, so that none is too large to be scored. */
export function exchangeMessages(
  { exchangeId, conversationId, body }: UnscoredExchange,
  maxMessageBytes: number,
): Sent[] {
  const bytes = Buffer.from(body);
  const count = Math.max(1, Math.ceil(bytes.length / maxMessageBytes));
  return Array.from({ length: count }, (_, index) => ({
    key: conversationId,
    value: bytes.subarray(index * maxMessageBytes, (index + 1) * maxMessageBytes),
    headers: {
      ce_specversion: '1.0',
      ce_id: exchangeId,
      ce_type: EXCHANGE_TYPE,
      ce_source: '/telltale',
      'content-type': 'application/json',
      telltale_part: String(index),
      telltale_parts: String(count),
    },
  }));
}

/** Reads a message, or says why it is none of an exchange. */
export function readExchangePart({ key, headers = {}, value }: KafkaMessage): ExchangePart | string {
  const header = (name: string): string | undefined => {
    const found = headers[name];
    return found === undefined ? undefined : String(Array.isArray(found) ? found[0] : found);
  };
  const type = header('ce_type');
  if (type !== EXCHANGE_TYPE) return `its type is ${JSON.stringify(type ?? null)}, not ${EXCHANGE_TYPE}`;
  const exchangeId = header('ce_id') ?? '';
  if (!/^[\w-]{1,128}$/.test(exchangeId)) return `its ce_id is ${JSON.stringify(exchangeId.slice(0, 200))}`;
  if (value === null) return 'it has no value';
  const [index, count] = [header('telltale_part'), header('telltale_parts')].map(Number);
  const isPart = isBetween(count, 1, MAX_PARTS) && isBetween(index, 0, (count ?? 1) - 1);
  if (!isPart) return `it is part ${header('telltale_part')} of ${header('telltale_parts')}`;
  const conversationId = key === null ? exchangeId : String(key);
  return { exchangeId, conversationId, index: index as number, count: count as number, bytes: value };
}

function isBetween(value: number | undefined, least: number, most: number): boolean {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}
