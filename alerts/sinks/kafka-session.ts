import { type Admin, type Message, Partitioners, type Producer } from 'kafkajs';
import { createKafkaClient, KAFKA_RETRY, type KafkaCluster } from './kafka-client.ts';
import { compressionType, type KafkaCompression } from './kafka-compression.ts';
import { encodeFaster } from './kafka-records/encode-faster.ts';

/** One producer with its own connections. A session that failed once is given up and never used again: kafkajs takes
 *  back the sequence numbers of a request that failed, although the broker may have stored it; other messages sent under
 *  the same numbers would be acknowledged as duplicates and dropped. A new session has a new producer id. */
export interface KafkaSession {
  /** Resolves when all replicas in sync have the messages; no message of a partition without those before it. */
  send(messages: readonly Message[]): Promise<void>;
  /** Ends at once, whatever is under way. */
  giveUp(): void;
}

/** Where a session leads. */
export interface KafkaSessionOptions extends KafkaCluster {
  readonly topic: string;
  readonly canCreateTopic: boolean;
  /** Of a topic that is made; the broker's own number when left out. */
  readonly partitions?: number;
  readonly compression: KafkaCompression;
}

/** Connects an idempotent producer and makes the topic if it may.
 *  @throws Error of kafkajs when no broker answers */
export async function openKafkaSession(
  options: KafkaSessionOptions,
  abortSignal: AbortSignal,
): Promise<KafkaSession> {
  encodeFaster();
  const { kafka, destroy } = createKafkaClient(options);
  const producer = kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
    retry: KAFKA_RETRY,
  });
  const giveUp = (): void => {
    destroy();
    // Its connections are gone: that it cannot say goodbye is what was asked for.
    producer.disconnect().catch(() => {});
  };
  abortSignal.addEventListener('abort', giveUp);
  try {
    await producer.connect();
    if (options.canCreateTopic) await createTopic(kafka.admin(), options);
  } catch (error) {
    giveUp();
    throw error;
  } finally {
    abortSignal.removeEventListener('abort', giveUp);
  }
  return { send: (messages) => send(producer, options, messages), giveUp };
}

type TopicOptions = Pick<KafkaSessionOptions, 'topic' | 'requestTimeoutMs' | 'partitions'>;

/** With the broker's own number of replicas. That it exists, or that it may not be made, is no failure: the first message
 *  tells whether it is there. */
export async function createTopic(
  admin: Admin,
  { topic, requestTimeoutMs, partitions }: TopicOptions,
): Promise<void> {
  const made = { topic, ...(partitions !== undefined && { numPartitions: partitions }) };
  try {
    await admin.connect();
    await admin.createTopics({ topics: [made], waitForLeaders: true, timeout: requestTimeoutMs });
  } catch {
    // As above.
  } finally {
    // Its session owns its connections, and ends them.
    await admin.disconnect().catch(() => {});
  }
}

async function send(
  producer: Producer,
  { topic, requestTimeoutMs: timeout, compression: name }: KafkaSessionOptions,
  messages: readonly Message[],
): Promise<void> {
  const compression = compressionType(name);
  await producer.send({ topic, acks: -1, timeout, compression, messages: [...messages] });
}
