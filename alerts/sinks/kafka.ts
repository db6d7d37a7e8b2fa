import { cloudEventHeaders } from '../cloud-event.ts';
import { toEvent } from '../to-event.ts';
import type { Alert, Sink } from '../types.ts';
import type { KafkaSasl, KafkaTls } from './kafka-client.ts';
import type { KafkaCompression } from './kafka-compression.ts';
import { createKafkaWriter, type Told } from './kafka-writer.ts';

/** How a Kafka sink is built. */
export interface KafkaSinkOptions {
  /** `host:port`, one or more of the cluster. */
  readonly brokers: readonly string[];
  /** Default `telltale.alerts`. */
  readonly topic?: string;
  /** Default `telltale`. */
  readonly clientId?: string;
  /** Makes the topic when it is missing and the cluster lets it; default true. */
  readonly canCreateTopic?: boolean;
  /** CloudEvents' `source`; default `/telltale`. */
  readonly source?: string;
  /** Address of the review for the events' links; without it they carry a path. */
  readonly reviewUrl?: string;
  /** A larger event is rejected; default 900,000, below the brokers' own default of 1 MiB. */
  readonly maxMessageBytes?: number;
  /** How long one request to a broker waits for its answer; default 10 s. */
  readonly requestTimeoutMs?: number;
  /** Default `kafka`. */
  readonly name?: string;
  /** Default `none`. */
  readonly compression?: KafkaCompression;
  /** Left out: the connection is in the clear. */
  readonly tls?: KafkaTls;
  readonly sasl?: KafkaSasl;
}

/** Sends alerts keyed by conversation, acknowledged by all replicas in sync. Nothing is connected before the first
 *  delivery, and a broker that is away is an outcome, never an error. */
export function createKafkaSink(options: KafkaSinkOptions): Sink {
  const where = {
    brokers: options.brokers,
    topic: options.topic ?? 'telltale.alerts',
    clientId: options.clientId ?? 'telltale',
    canCreateTopic: options.canCreateTopic ?? true,
    requestTimeoutMs: options.requestTimeoutMs ?? 10_000,
    compression: options.compression ?? 'none',
    tls: options.tls ?? null,
    sasl: options.sasl ?? null,
  };
  return createKafkaWriter<Alert>({
    name: options.name ?? 'kafka',
    where,
    tell: (alert) => tellAlert(alert, options),
  });
}

/** One message, or a rejection where it is too large by itself. */
function tellAlert(
  alert: Alert,
  { maxMessageBytes = 900_000, source = '/telltale', reviewUrl }: KafkaSinkOptions,
): Told {
  const value = Buffer.from(JSON.stringify(toEvent(alert, reviewUrl)));
  if (value.length > maxMessageBytes) {
    const reason = `the event has ${value.length} bytes, at most ${maxMessageBytes} are sent`;
    return { outcome: 'rejected', reason };
  }
  const timestamp = String(Date.parse(alert.createdAt));
  const headers = cloudEventHeaders(alert, source);
  return { messages: [{ key: alert.conversationId, value, headers, timestamp }] };
}
