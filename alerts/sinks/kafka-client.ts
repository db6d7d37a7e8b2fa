import type { ConnectionOptions } from 'node:tls';
import { Kafka, type SASLOptions } from 'kafkajs';
import { besideUsualAuthorities } from '../usual-authorities.ts';
import { createClosableSockets } from './closable-sockets.ts';

/** Which cluster, and how it is reached. */
export interface KafkaCluster {
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** How long one request waits for its answer. */
  readonly requestTimeoutMs: number;
  /** Null is a connection in the clear. */
  readonly tls: KafkaTls | null;
  readonly sasl: KafkaSasl | null;
}

/** TLS to the brokers; their certificates are always checked. All are PEM texts. */
export interface KafkaTls {
  /** Authorities to trust beside the usual ones. */
  readonly ca?: string;
  /** The client's own certificate and key, for brokers that ask for one. */
  readonly cert?: string;
  readonly key?: string;
}

/** Who connects, to brokers that ask. */
export interface KafkaSasl {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

/** kafkajs on connections that can be ended at once, which it cannot do itself. */
export interface KafkaClient {
  readonly kafka: Kafka;
  /** Ends every connection, whatever is under way. */
  destroy(): void;
}

const CONNECT_TIMEOUT_MS = 3000;

/** A few quick repetitions of the same request, as when a leader moves; whoever uses the client does the long waiting. */
export const KAFKA_RETRY = { retries: 2, initialRetryTime: 100, maxRetryTime: 500 };

/** Nothing is connected yet. */
export function createKafkaClient(cluster: KafkaCluster): KafkaClient {
  const sockets = createClosableSockets();
  const kafka = new Kafka({
    brokers: [...cluster.brokers],
    clientId: cluster.clientId,
    connectionTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: cluster.requestTimeoutMs,
    retry: KAFKA_RETRY,
    socketFactory: sockets.factory,
    ...securityOf(cluster),
    // What matters comes back as an outcome; kafkajs would log each of its own attempts.
    logCreator: () => () => {},
  });
  return { kafka, destroy: () => sockets.destroy() };
}

function securityOf({ tls, sasl }: KafkaCluster): { ssl?: ConnectionOptions; sasl?: SASLOptions } {
  return { ...(tls !== null && { ssl: connectionOf(tls) }), ...(sasl !== null && { sasl }) };
}

function connectionOf({ ca, ...own }: KafkaTls): ConnectionOptions {
  return { ...own, ...(ca !== undefined && { ca: besideUsualAuthorities(ca) }) };
}
