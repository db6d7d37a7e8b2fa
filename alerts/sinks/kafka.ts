import type { Message } from 'kafkajs';
import { cloudEventHeaders } from '../cloud-event.ts';
import { toEvent } from '../to-event.ts';
import type { Alert, DeliveryOutcome, Sink } from '../types.ts';
import type { KafkaCompression } from './kafka-compression.ts';
import { failureReason, faultOf } from './kafka-failure.ts';
import { type KafkaSasl, type KafkaSession, type KafkaTls, openKafkaSession } from './kafka-session.ts';

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

const MAX_REQUEST_BYTES = 512 * 1024;

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
  let session: KafkaSession | undefined;

  const open = async (abortSignal: AbortSignal): Promise<KafkaSession> => {
    abortSignal.throwIfAborted();
    session ??= await openKafkaSession(where, abortSignal);
    return session;
  };
  const send = async (messages: readonly Message[], abortSignal: AbortSignal): Promise<void> => {
    const current = await open(abortSignal);
    const giveUp = (): void => {
      current.giveUp();
      if (session === current) session = undefined;
    };
    abortSignal.addEventListener('abort', giveUp);
    try {
      await current.send(messages);
    } catch (error) {
      giveUp();
      throw error;
    } finally {
      abortSignal.removeEventListener('abort', giveUp);
    }
  };
  const deliver = async (alerts: readonly Alert[], abortSignal: AbortSignal) => {
    const outcomes = createOutcomes(alerts.length);
    for (const chunk of chunksOf(alerts, options, outcomes)) {
      if (!(await sendChunk(chunk, outcomes, (messages) => send(messages, abortSignal)))) break;
    }
    return outcomes.all();
  };
  return { name: options.name ?? 'kafka', deliver, close: async () => session?.giveUp() };
}

interface Numbered {
  readonly index: number;
  readonly message: Message;
}

interface Outcomes {
  set(index: number, outcome: DeliveryOutcome): void;
  /** What nothing was set for is as the last one that was not delivered. */
  all(): DeliveryOutcome[];
}

function createOutcomes(length: number): Outcomes {
  const outcomes = new Array<DeliveryOutcome | undefined>(length).fill(undefined);
  let last: DeliveryOutcome = { outcome: 'retry', reason: 'not sent' };
  const set = (index: number, outcome: DeliveryOutcome): void => {
    outcomes[index] = outcome;
    if (outcome.outcome !== 'delivered') last = outcome;
  };
  return { set, all: () => outcomes.map((outcome) => outcome ?? last) };
}

/** Messages in requests of at most half a MiB; those that are too large by themselves are rejected here. */
function chunksOf(alerts: readonly Alert[], options: KafkaSinkOptions, outcomes: Outcomes): Numbered[][] {
  const { maxMessageBytes = 900_000, source = '/telltale', reviewUrl } = options;
  const chunks: Numbered[][] = [];
  let room = 0;
  for (const [index, alert] of alerts.entries()) {
    const value = Buffer.from(JSON.stringify(toEvent(alert, reviewUrl)));
    if (value.length > maxMessageBytes) {
      const reason = `the event has ${value.length} bytes, at most ${maxMessageBytes} are sent`;
      outcomes.set(index, { outcome: 'rejected', reason });
      continue;
    }
    if (value.length > room || chunks.length === 0) {
      chunks.push([]);
      room = MAX_REQUEST_BYTES;
    }
    room -= value.length;
    const timestamp = String(Date.parse(alert.createdAt));
    const headers = cloudEventHeaders(alert, source);
    chunks.at(-1)?.push({ index, message: { key: alert.conversationId, value, headers, timestamp } });
  }
  return chunks;
}

/** Sends one request. When a record is at fault, each is sent by itself, so that only that one is rejected; without a
 *  permission all of them are, and nothing more is sent: that is one question a delivery, not one an alert.
 *  @returns whether to go on with what comes after */
async function sendChunk(
  chunk: readonly Numbered[],
  outcomes: Outcomes,
  send: (messages: readonly Message[]) => Promise<void>,
): Promise<boolean> {
  const setAll = (outcome: DeliveryOutcome): void => {
    for (const { index } of chunk) outcomes.set(index, outcome);
  };
  try {
    await send(chunk.map(({ message }) => message));
    setAll({ outcome: 'delivered' });
    return true;
  } catch (error) {
    const reason = failureReason(error);
    const fault = faultOf(error);
    // A gateway's clock is ahead: the broker takes records without a time, and the event has its own.
    if (fault === 'time' && chunk.some(hasTime)) return sendChunk(chunk.map(withoutTime), outcomes, send);
    if (fault === 'record' && chunk.length > 1) return sendOneByOne(chunk, outcomes, send);
    setAll({ outcome: fault === 'passing' ? 'retry' : 'rejected', reason });
    return fault === 'record';
  }
}

/** Kafka's word for a record without a time. */
const NO_TIMESTAMP = '-1';

function hasTime({ message }: Numbered): boolean {
  return message.timestamp !== NO_TIMESTAMP;
}

function withoutTime({ index, message }: Numbered): Numbered {
  return { index, message: { ...message, timestamp: NO_TIMESTAMP } };
}

async function sendOneByOne(
  chunk: readonly Numbered[],
  outcomes: Outcomes,
  send: (messages: readonly Message[]) => Promise<void>,
): Promise<boolean> {
  for (const one of chunk) {
    if (!(await sendChunk([one], outcomes, send))) return false;
  }
  return true;
}
