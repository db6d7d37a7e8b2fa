import type { Admin, EachBatchPayload, KafkaMessage } from 'kafkajs';
import { createKafkaClient, KAFKA_RETRY } from '../sinks/kafka-client.ts';
import { compressionType } from '../sinks/kafka-compression.ts';
import { createTopic } from '../sinks/kafka-session.ts';
import { type Assembler, createAssembler } from './assembler.ts';
import type { ExchangeGroupOptions, PartitionLag } from './exchange-group.ts';

/** One consumer with its own connections, from its joining to its end. */
export interface GroupSession {
  /** Resolves when it has left, rejects when it could not go on. */
  run(): Promise<void>;
  isJoined(): boolean;
  partitions(): readonly number[];
  lag(): Promise<readonly PartitionLag[]>;
  /** Ends what is under way in its own time, then leaves the group. */
  leave(): void;
  /** Ends at once. */
  giveUp(): void;
}

export interface GroupSessionParts
  extends Required<Pick<ExchangeGroupOptions, 'concurrency' | 'sessionTimeoutMs'>>,
    Pick<ExchangeGroupOptions, 'topic' | 'groupId' | 'handle'> {
  onJoined(): void;
}

/** So much is handled together, and waits for the disk together. */
const WINDOW_MESSAGES = 32;
const WINDOW_BYTES = 4 * 1024 * 1024;
/** A member that is at work gives its partitions back within this time when others come. */
const REBALANCE_TIMEOUT_MS = 60_000;
const MAX_WAIT_MS = 500;

/** What one joining of the group brought. Fires when its partitions may belong to others. */
interface Generation {
  readonly partitions: readonly number[];
  readonly assemblers: Map<number, Assembler>;
  readonly ending: AbortController;
}

/** Nothing is connected before `run`. Nothing is committed by itself: kafkajs would commit what was fetched. */
export function openGroupSession(parts: GroupSessionParts): GroupSession {
  const { topic, groupId } = parts;
  const { kafka, destroy } = createKafkaClient(topic);
  const heartbeatMs = Math.ceil(parts.sessionTimeoutMs / 10);
  const consumer = kafka.consumer({
    groupId,
    sessionTimeout: parts.sessionTimeoutMs,
    rebalanceTimeout: REBALANCE_TIMEOUT_MS,
    heartbeatInterval: heartbeatMs,
    maxWaitTimeInMs: MAX_WAIT_MS,
    allowAutoTopicCreation: false,
    // Whoever opened the session opens the next one.
    retry: { ...KAFKA_RETRY, restartOnFailure: async () => false },
  });
  const admin = createLagReader(kafka.admin(), parts);
  const leaving = Promise.withResolvers<void>();
  let generation: Generation | null = null;

  function join(partitions: readonly number[]): void {
    generation?.ending.abort(new Error('the partitions were given out anew'));
    generation = { partitions, assemblers: new Map(), ending: new AbortController() };
    parts.onJoined();
  }

  async function run(): Promise<void> {
    const crashed = Promise.withResolvers<never>();
    // Whoever leaves first no longer waits for it.
    crashed.promise.catch(() => {});
    consumer.on(consumer.events.CRASH, ({ payload }) => crashed.reject(payload.error));
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) =>
      join(payload.memberAssignment[topic.topic] ?? []),
    );
    try {
      await Promise.race([begin(), leaving.promise, crashed.promise]);
      await Promise.race([leaving.promise, crashed.promise]);
    } finally {
      generation?.ending.abort(new Error('the session is over'));
      generation = null;
      destroy();
      // Their connections are gone: that they cannot say goodbye is known.
      consumer.disconnect().catch(() => {});
    }
  }

  async function begin(): Promise<void> {
    // Registers how such messages are read.
    compressionType(topic.compression);
    if (topic.canCreateTopic) await createTopic(kafka.admin(), topic);
    await consumer.connect();
    await consumer.subscribe({ topics: [topic.topic], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: parts.concurrency,
      eachBatch,
    });
  }

  async function eachBatch(payload: EachBatchPayload): Promise<void> {
    if (generation === null) return;
    const { signal } = generation.ending;
    const stopBeating = beat(payload, generation, heartbeatMs);
    try {
      await handleBatch(payload, generation, parts);
    } catch (error) {
      // Why it was told to end says more than that it did.
      throw signal.aborted ? signal.reason : error;
    } finally {
      stopBeating();
    }
  }

  const giveUp = (): void => {
    generation?.ending.abort(new Error('the member was stopped'));
    destroy();
    leaving.resolve();
  };
  return {
    run,
    isJoined: () => generation !== null,
    partitions: () => generation?.partitions ?? [],
    lag: () => admin(generation?.partitions ?? []),
    leave: () => {
      if (generation === null) giveUp();
      // A goodbye that does not reach the broker is one that it notices by itself.
      else consumer.disconnect().then(leaving.resolve, leaving.resolve);
    },
    giveUp,
  };
}

/** A member that works for long on one batch must be heard of meanwhile. */
function beat({ heartbeat }: EachBatchPayload, { ending }: Generation, everyMs: number): () => void {
  const timer = setInterval(() => heartbeat().catch((error: unknown) => ending.abort(error)), everyMs);
  return () => clearInterval(timer);
}

/** Window by window: handled, then committed. */
async function handleBatch(
  { batch, resolveOffset, commitOffsetsIfNecessary, isRunning, isStale }: EachBatchPayload,
  { assemblers, ending }: Generation,
  { topic: { topic }, handle }: GroupSessionParts,
): Promise<void> {
  const { partition } = batch;
  const assembler = assemblers.get(partition) ?? createAssembler(topic, partition);
  assemblers.set(partition, assembler);
  for (const messages of windowsOf(batch.messages)) {
    if (!isRunning() || isStale()) return;
    ending.signal.throwIfAborted();
    const arrivals = messages.flatMap((message) => assembler.push(message));
    if (arrivals.length > 0) await handle(arrivals, ending.signal);
    const last = messages.at(-1)?.offset ?? batch.lastOffset();
    resolveOffset(last);
    // What still waits for its parts is read again by whoever comes next.
    const offset = String(assembler.firstWaiting() ?? BigInt(last) + 1n);
    await commitOffsetsIfNecessary({ topics: [{ topic, partitions: [{ partition, offset }] }] });
  }
}

function* windowsOf(messages: readonly KafkaMessage[]): Generator<KafkaMessage[]> {
  let window: KafkaMessage[] = [];
  let bytes = 0;
  for (const message of messages) {
    window.push(message);
    bytes += message.value?.length ?? 0;
    if (window.length < WINDOW_MESSAGES && bytes < WINDOW_BYTES) continue;
    yield window;
    window = [];
    bytes = 0;
  }
  if (window.length > 0) yield window;
}

/** Asks the brokers how far the topic goes and how far the group has come. */
function createLagReader(admin: Admin, { topic: { topic }, groupId }: GroupSessionParts) {
  let connected: Promise<void> | undefined;
  return async (partitions: readonly number[]): Promise<readonly PartitionLag[]> => {
    connected ??= admin.connect().catch((error) => {
      connected = undefined;
      throw error;
    });
    await connected;
    const ends = await admin.fetchTopicOffsets(topic);
    const [group] = await admin.fetchOffsets({ groupId, topics: [topic] });
    return ends
      .filter(({ partition }) => partitions.includes(partition))
      .map(({ partition, high, low }) => {
        const committed = group?.partitions.find((one) => one.partition === partition)?.offset ?? '-1';
        const reached = committed === '-1' ? low : committed;
        return { partition, messages: Math.max(0, Number(BigInt(high) - BigInt(reached))) };
      });
  };
}
