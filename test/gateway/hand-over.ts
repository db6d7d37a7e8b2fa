import assert from 'node:assert/strict';
import { createExchangeSink } from '../../alerts/index.ts';
import type { Unscored } from '../../gateway/handover/unscored-exchange.ts';

/** An exchange as a gateway hands it over; the answer deceives. */
export function unscored(id: string, conversationId: string, text = 'they deceive everybody'): Unscored {
  const at = new Date().toISOString();
  const ref = { id: 'response/x', target: 'output', role: 'assistant', pointer: '/x', choice: 0 } as const;
  return {
    version: 1,
    exchangeId: id,
    conversationId,
    startedAt: at,
    endedAt: at,
    route: '/v1/chat/completions',
    dialect: 'openai-chat',
    model: 'm',
    status: 200,
    isStreamed: false,
    traceId: null,
    fields: { conversation: conversationId },
    segments: [{ ref, text, skipped: null }],
  };
}

/** Brings exchanges to the topic as the gateway's relay does. */
export async function handOver(
  { brokers, topic }: { readonly brokers: readonly string[]; readonly topic: string },
  exchanges: readonly Unscored[],
): Promise<void> {
  const sink = createExchangeSink({
    brokers,
    clientId: 'test',
    requestTimeoutMs: 30_000,
    topic,
    canCreateTopic: true,
    partitions: 4,
    compression: 'zstd',
    maxMessageBytes: 900_000,
    tls: null,
    sasl: null,
  });
  const told = exchanges.map((exchange) => ({ ...exchange, body: JSON.stringify(exchange) }));
  const outcomes = await sink.deliver(told, new AbortController().signal);
  assert.ok(outcomes.every(({ outcome }) => outcome === 'delivered'));
  await sink.close();
}
