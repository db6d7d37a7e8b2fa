import type { RelayParts } from '../relay.ts';
import type { Routing } from '../routing/routed-sink.ts';
import type { KafkaSinkOptions } from '../sinks/kafka.ts';
import type { Committed, OutboxPlace } from '../types.ts';

/** A Kafka sink and what it is to get, as plain data. */
export interface KafkaLane {
  readonly kafka: KafkaSinkOptions & { readonly name: string };
  readonly routing?: Omit<Routing, 'silences'>;
}

/** How a relay works, as far as it is plain data. */
export type RelaySettings = Pick<RelayParts, 'batchSize' | 'backoff' | 'deliverTimeoutMs' | 'idleMs'>;

/** Given to the thread when it starts. */
export interface RelayThreadData {
  readonly place: OutboxPlace;
  /** This relay, to others on the same database: the thread after one that ended goes on with what that one held. */
  readonly owner: string;
  readonly lanes: readonly KafkaLane[];
  readonly settings: RelaySettings;
  /** How long the thread waits for what it asks. */
  readonly askTimeoutMs: number;
}

/** What the thread's lanes are told of a commit: only that there was one. */
export const WOKEN: Committed = { exchangeId: '', cursor: 0, isFlagged: true, alerts: 1 };
