import { Kafka, type KafkaConfig, logLevel } from 'kafkajs';

/** A test's own client, which waits as long as a crowded machine may need; kafkajs' second for a connection and five
 *  attempts are over sooner. */
export function kafkaClient(brokers: readonly string[], options: Partial<KafkaConfig> = {}): Kafka {
  return new Kafka({
    clientId: 'test',
    brokers: [...brokers],
    connectionTimeout: 60_000,
    requestTimeout: 60_000,
    retry: { retries: 30, initialRetryTime: 100, maxRetryTime: 2_000 },
    logLevel: logLevel.NOTHING,
    ...options,
  });
}
