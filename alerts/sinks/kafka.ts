import type { Message } from 'kafkajs';
import { cloudEventHeaders } from '../cloud-event.ts';
import { toEvent } from '../to-event.ts';
import type { Alert, DeliveryOutcome, Sink } from '../types.ts';
import { failureReason, isRecordError } from './kafka-failure.ts';
import { type KafkaSession, openKafkaSession } from './kafka-session.ts';

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
  /** What nothing was set for is to be brought again, for the reason of the last one that is. */
  all(): DeliveryOutcome[];
}

function createOutcomes(length: number): Outcomes {
  const outcomes = new Array<DeliveryOutcome | undefined>(length).fill(undefined);
  let retry: DeliveryOutcome = { outcome: 'retry', reason: 'not sent' };
  const set = (index: number, outcome: DeliveryOutcome): void => {
    outcomes[index] = outcome;
    if (outcome.outcome === 'retry') retry = outcome;
  };
  return { set, all: () => outcomes.map((outcome) => outcome ?? retry) };
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

/** Sends one request. When a record is at fault, each is sent by itself, so that only that one is rejected.
 *  @returns whether to go on with what comes after */
async function sendChunk(
  chunk: readonly Numbered[],
  outcomes: Outcomes,
  send: (messages: readonly Message[]) => Promise<void>,
): Promise<boolean> {
  try {
    await send(chunk.map(({ message }) => message));
    for (const { index } of chunk) outcomes.set(index, { outcome: 'delivered' });
    return true;
  } catch (error) {
    const reason = failureReason(error);
    const [first] = chunk;
    if (!isRecordError(error) || first === undefined) {
      for (const { index } of chunk) outcomes.set(index, { outcome: 'retry', reason });
      return false;
    }
    if (chunk.length === 1) {
      outcomes.set(first.index, { outcome: 'rejected', reason });
      return true;
    }
    for (const one of chunk) {
      if (!(await sendChunk([one], outcomes, send))) return false;
    }
    return true;
  }
}
