import type { Message } from 'kafkajs';
import type { DeliveryOutcome, Payload, Sink } from '../types.ts';
import { failureReason, faultOf, isTopicMissing } from './kafka-failure.ts';
import { type KafkaSession, type KafkaSessionOptions, openKafkaSession } from './kafka-session.ts';

/** What becomes of one thing that is to be brought: the messages that it is told in, or why it cannot be. */
export type Told =
  | { readonly messages: readonly KafkaMessage[] }
  | { readonly outcome: 'rejected'; readonly reason: string };

/** A message whose bytes are known. */
export type KafkaMessage = Message & { readonly value: Buffer };

export interface KafkaWriterOptions<Brought extends Payload> {
  readonly name: string;
  readonly where: KafkaSessionOptions;
  tell(brought: Brought): Told;
}

const MAX_REQUEST_BYTES = 512 * 1024;

/** A sink that writes to one topic, acknowledged by all replicas in sync. Nothing is connected before the first delivery,
 *  and a broker that is away is an outcome, never an error. */
export function createKafkaWriter<Brought extends Payload>(
  options: KafkaWriterOptions<Brought>,
): Sink<Brought> {
  const { name, where, tell } = options;
  let session: KafkaSession | undefined;
  // After an outage nothing is asked but what must be.
  let isTopicThere = false;

  const open = async (abortSignal: AbortSignal): Promise<KafkaSession> => {
    abortSignal.throwIfAborted();
    const canCreateTopic = where.canCreateTopic && !isTopicThere;
    session ??= await openKafkaSession({ ...where, canCreateTopic }, abortSignal);
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
      isTopicThere = true;
    } catch (error) {
      giveUp();
      if (isTopicMissing(error)) isTopicThere = false;
      throw error;
    } finally {
      abortSignal.removeEventListener('abort', giveUp);
    }
  };
  const deliver = async (all: readonly Brought[], abortSignal: AbortSignal) => {
    const outcomes = createOutcomes(all.length);
    for (const chunk of chunksOf(all.map(tell), outcomes)) {
      if (!(await sendChunk(chunk, outcomes, (messages) => send(messages, abortSignal)))) break;
    }
    return outcomes.all();
  };
  return { name, deliver, close: async () => session?.giveUp() };
}

interface Numbered {
  readonly index: number;
  readonly message: KafkaMessage;
  /** Whether with it all of the thing is told. */
  readonly isLast: boolean;
}

interface Outcomes {
  set(index: number, outcome: DeliveryOutcome): void;
  get(index: number): DeliveryOutcome | undefined;
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
  const get = (index: number) => outcomes[index];
  return { set, get, all: () => outcomes.map((outcome) => outcome ?? last) };
}

/** Messages in requests of at most half a MiB, where one alone is not larger. */
function chunksOf(told: readonly Told[], outcomes: Outcomes): Numbered[][] {
  const chunks: Numbered[][] = [];
  let room = 0;
  for (const [index, one] of told.entries()) {
    if ('outcome' in one) {
      outcomes.set(index, one);
      continue;
    }
    for (const [place, message] of one.messages.entries()) {
      const { length } = message.value;
      if (length > room || chunks.length === 0) {
        chunks.push([]);
        room = MAX_REQUEST_BYTES;
      }
      room -= length;
      chunks.at(-1)?.push({ index, message, isLast: place === one.messages.length - 1 });
    }
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
  // Of what was rejected in part the rest is not sent.
  const sent = chunk.filter(({ index }) => outcomes.get(index) === undefined);
  if (sent.length === 0) return true;
  try {
    await send(sent.map(({ message }) => message));
    for (const { index, isLast } of sent) if (isLast) outcomes.set(index, { outcome: 'delivered' });
    return true;
  } catch (error) {
    const reason = failureReason(error);
    const fault = faultOf(error);
    // A gateway's clock is ahead: the broker takes records without a time, and what they tell has its own.
    if (fault === 'time' && sent.some(hasTime)) return sendChunk(sent.map(withoutTime), outcomes, send);
    if (fault === 'record' && sent.length > 1) return sendOneByOne(sent, outcomes, send);
    for (const { index } of sent) {
      outcomes.set(index, { outcome: fault === 'passing' ? 'retry' : 'rejected', reason });
    }
    return fault === 'record';
  }
}

/** Kafka's word for a record without a time. */
const NO_TIMESTAMP = '-1';

function hasTime({ message }: Numbered): boolean {
  return message.timestamp !== NO_TIMESTAMP;
}

function withoutTime({ message, ...numbered }: Numbered): Numbered {
  return { ...numbered, message: { ...message, timestamp: NO_TIMESTAMP } };
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
