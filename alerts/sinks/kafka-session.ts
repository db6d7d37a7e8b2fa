import type { ConnectionOptions } from 'node:tls';
import { type Admin, Kafka, type Message, Partitioners, type Producer, type SASLOptions } from 'kafkajs';
import { createClosableSockets } from './closable-sockets.ts';
import { compressionType, type KafkaCompression } from './kafka-compression.ts';

/** One producer with its own connections. A session that failed once is given up and never used again: kafkajs takes
 *  back the sequence numbers of a request that failed, although the broker may have stored it; other alerts sent under
 *  the same numbers would be acknowledged as duplicates and dropped. A new session has a new producer id. */
export interface KafkaSession {
  /** Resolves when all replicas in sync have the messages; no message of a partition without those before it. */
  send(messages: readonly Message[]): Promise<void>;
  /** Ends at once, whatever is under way. */
  giveUp(): void;
}

/** Where a session leads. */
export interface KafkaSessionOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly topic: string;
  readonly canCreateTopic: boolean;
  /** How long one request waits for its answer. */
  readonly requestTimeoutMs: number;
  readonly compression: KafkaCompression;
  /** Null is a connection in the clear. */
  readonly tls: KafkaTls | null;
  readonly sasl: KafkaSasl | null;
}

/** TLS to the brokers; their certificates are always checked. All are PEM texts. */
export interface KafkaTls {
  /** Authorities to trust in place of the system's. */
  readonly ca?: string;
  /** The client's own certificate and key, for brokers that ask for one. */
  readonly cert?: string;
  readonly key?: string;
}

/** Who writes, to brokers that ask. */
export interface KafkaSasl {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

const CONNECT_TIMEOUT_MS = 3000;

/** A few quick repetitions of the same request, as when a leader moves; the relay does the long waiting. */
const RETRY = { retries: 2, initialRetryTime: 100, maxRetryTime: 500 };

/** Connects an idempotent producer and makes the topic if it may.
 *  @throws Error of kafkajs when no broker answers */
export async function openKafkaSession(
  options: KafkaSessionOptions,
  abortSignal: AbortSignal,
): Promise<KafkaSession> {
  const sockets = createClosableSockets();
  const kafka = new Kafka({
    brokers: [...options.brokers],
    clientId: options.clientId,
    connectionTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: options.requestTimeoutMs,
    retry: RETRY,
    socketFactory: sockets.factory,
    ...securityOf(options),
    // What matters comes back as an outcome; kafkajs would log each of its own attempts.
    logCreator: () => () => {},
  });
  const producer = kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
    retry: RETRY,
  });
  const giveUp = (): void => {
    sockets.destroy();
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

/** With the broker's own number of partitions and replicas. That it exists, or that it may not be made, is no failure:
 *  the first message tells whether it is there. */
async function createTopic(admin: Admin, { topic, requestTimeoutMs }: KafkaSessionOptions): Promise<void> {
  try {
    await admin.connect();
    await admin.createTopics({ topics: [{ topic }], waitForLeaders: true, timeout: requestTimeoutMs });
  } catch {
    // As above.
  } finally {
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

function securityOf({ tls, sasl }: KafkaSessionOptions): { ssl?: ConnectionOptions; sasl?: SASLOptions } {
  return { ...(tls !== null && { ssl: { ...tls } }), ...(sasl !== null && { sasl }) };
}
