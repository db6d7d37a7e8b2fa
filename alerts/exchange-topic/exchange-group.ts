import { createAlarm } from '../alarm.ts';
import { type BackoffOptions, backoffMs } from '../backoff.ts';
import { failureReason } from '../sinks/kafka-failure.ts';
import type { Arrival } from './assembler.ts';
import type { ExchangeTopic } from './exchange-sink.ts';
import { type GroupSession, openGroupSession } from './group-session.ts';

/** How a consumer group's member is built. */
export interface ExchangeGroupOptions {
  readonly topic: ExchangeTopic;
  readonly groupId: string;
  /** A member that is not heard of for so long is taken for dead, and its partitions go to others; default 30 s. */
  readonly sessionTimeoutMs?: number;
  /** Partitions that are worked on at once; default 4. */
  readonly concurrency?: number;
  /** Default 200 ms, doubling to 10 s. */
  readonly backoff?: BackoffOptions;
  /** Makes durable what was made of these, in the order in which they came. Only once it has resolved their offsets are
   *  committed; where it rejects they come again, to this member or to another. The signal fires when the partition may
   *  belong to another member by now, or when the member stops at once. */
  handle(arrivals: readonly Arrival[], abortSignal: AbortSignal): Promise<void>;
}

/** How far one partition is behind. */
export interface PartitionLag {
  readonly partition: number;
  /** Messages that are not handled yet. */
  readonly messages: number;
}

/** What a member knows of itself. */
export interface GroupStats {
  readonly isJoined: boolean;
  /** Those that Kafka has given it. */
  readonly partitions: readonly number[];
  /** How often it was given partitions. */
  readonly joins: number;
  /** Sessions in a row that ended with an error; 0 once one has joined. */
  readonly failuresInARow: number;
  readonly lastError: string | null;
}

/** A member of the consumer group that scores exchanges. */
export interface ExchangeGroup {
  start(): void;
  stats(): GroupStats;
  /** Of its own partitions.
   *  @throws Error of kafkajs when no broker answers */
  lag(): Promise<readonly PartitionLag[]>;
  /** Handles nothing more than what is under way, within the deadline, and leaves the group. Never rejects. */
  stop(options: { readonly deadlineMs: number }): Promise<void>;
}

/** A member that has not joined. A session that failed is replaced by a new one, however often. */
export function createExchangeGroup(options: ExchangeGroupOptions): ExchangeGroup {
  const backoff = options.backoff ?? { initialMs: 200, maxMs: 10_000 };
  const stopping = createAlarm();
  let session: GroupSession | undefined;
  let running: Promise<void> | undefined;
  let isStopping = false;
  let joins = 0;
  let failuresInARow = 0;
  let lastError: string | null = null;

  const noteJoined = (): void => {
    joins += 1;
    failuresInARow = 0;
  };
  const runOnce = async (): Promise<void> => {
    session = openGroupSession({
      concurrency: 4,
      sessionTimeoutMs: 30_000,
      ...options,
      onJoined: noteJoined,
    });
    try {
      await session.run();
    } catch (error) {
      lastError = failureReason(error);
      failuresInARow += 1;
    } finally {
      session = undefined;
    }
  };
  const run = async (): Promise<void> => {
    while (!isStopping) {
      await runOnce();
      if (!isStopping) await stopping.wait(backoffMs(Math.max(1, failuresInARow), backoff));
    }
  };
  return {
    start: () => {
      running ??= run();
    },
    stats: () => ({
      isJoined: session?.isJoined() ?? false,
      partitions: session?.partitions() ?? [],
      joins,
      failuresInARow,
      lastError,
    }),
    lag: async () => (await session?.lag()) ?? [],
    async stop({ deadlineMs }) {
      isStopping = true;
      stopping.ring();
      const timer = setTimeout(() => session?.giveUp(), deadlineMs);
      session?.leave();
      await running;
      clearTimeout(timer);
    },
  };
}
