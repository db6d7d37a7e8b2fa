import type { ExchangeTopic } from '../../alerts/index.ts';
import type { Config } from '../config/schema.ts';
import { createKafkaOptions } from '../sinks/kafka-options.ts';

const REQUEST_TIMEOUT_MS = 10_000;

/** The topic of exchanges as it is configured, with certificates read and the password out of its variable.
 *  @throws {GatewayError} START_FAILED */
export function exchangeTopic(
  { scoring, kafka }: Pick<Config, 'scoring' | 'kafka'>,
  env: NodeJS.ProcessEnv,
): ExchangeTopic {
  const { brokers, tls, sasl } = scoring.brokers.length > 0 ? scoring : kafka;
  const options = createKafkaOptions({ ...scoring, brokers, tls, sasl }, env);
  return {
    brokers,
    clientId: scoring.client_id,
    topic: scoring.topic,
    canCreateTopic: scoring.create_topic,
    compression: scoring.compression,
    maxMessageBytes: scoring.max_message_bytes,
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    tls: options.tls ?? null,
    sasl: options.sasl ?? null,
    ...(scoring.partitions !== null && { partitions: scoring.partitions }),
  };
}
