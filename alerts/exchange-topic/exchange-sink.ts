import { SCORING_SINK } from '../dead-record.ts';
import type { KafkaCluster } from '../sinks/kafka-client.ts';
import type { KafkaCompression } from '../sinks/kafka-compression.ts';
import { createKafkaWriter } from '../sinks/kafka-writer.ts';
import type { Sink, UnscoredExchange } from '../types.ts';
import { exchangeMessages } from './exchange-message.ts';

/** The topic by which exchanges come to those that score them. */
export interface ExchangeTopic extends KafkaCluster {
  readonly topic: string;
  /** Makes the topic when it is missing and the cluster lets it. */
  readonly canCreateTopic: boolean;
  /** Of a topic that is made; the broker's own number when left out. No more workers than that have work. */
  readonly partitions?: number;
  readonly compression: KafkaCompression;
  /** A larger exchange goes in several messages. */
  readonly maxMessageBytes: number;
}

/** Brings exchanges to their topic: at least once, in order per conversation. */
export function createExchangeSink(topic: ExchangeTopic): Sink<UnscoredExchange> {
  return createKafkaWriter<UnscoredExchange>({
    name: SCORING_SINK,
    where: topic,
    tell: (exchange) => ({ messages: exchangeMessages(exchange, topic.maxMessageBytes) }),
  });
}
