import type { GroupStats, KeptStats, LaneStats, LedgerStats, PartitionLag } from '../../alerts/index.ts';
import type { DetectorStats } from '../../detectors/index.ts';

/** One sink's part of the outbox. */
export interface SinkReading
  extends Pick<
    LaneStats,
    'sink' | 'depth' | 'oldestAgeMs' | 'attempts' | 'delivered' | 'retried' | 'dead' | 'held'
  > {}

/** The store now, and what it has left out since the start. */
export type StoreReading = Pick<
  LedgerStats,
  'pressure' | 'isAboveMark' | 'sampled' | 'expired' | 'crowdedOut' | 'buried' | 'unrecorded' | 'failures'
>;

/** A promised false-alarm rate beside the one that live traffic has shown within a window. */
export interface RateReading {
  readonly rule: string;
  readonly condition: string;
  /** At most this share of ordinary segments reaches the threshold. */
  readonly promised: number;
  /** Different segments within the window. */
  readonly segments: number;
  /** Share of them that reached it; null where there are none. */
  readonly rate: number | null;
  /** Wilson's 95 % interval. */
  readonly interval: readonly [lower: number, upper: number];
  readonly drift: 'none' | 'above' | 'below';
}

/** What live traffic says of promised rates. */
export interface DriftReading {
  readonly rates: readonly RateReading[];
  /** Texts that were forgotten within the window and may be counted twice. */
  readonly textsForgotten: number;
}

/** How exchanges come to those that score them elsewhere. */
export interface HandoverReading
  extends Pick<LaneStats, 'depth' | 'oldestAgeMs' | 'delivered' | 'retried' | 'dead'> {}

/** A worker in its group. */
export interface WorkerReading extends Pick<GroupStats, 'isJoined' | 'partitions' | 'joins'> {
  /** Of its own partitions. */
  readonly lag: readonly PartitionLag[];
}

/** What is kept for replay, and what has not been since the start. */
export type ReplayReading = KeptStats;

/** What gauges read when metrics are collected. */
export interface GaugeReading {
  readonly inFlight: number;
  /** How many may be now. Absent in a worker. */
  readonly inFlightLimit?: number;
  readonly detector: DetectorStats;
  /** What the relay knows of each sink. */
  readonly sinks: readonly SinkReading[];
  readonly store: StoreReading;
  readonly replay: ReplayReading;
  readonly drift: DriftReading;
  readonly rulesActive: number;
  /** Of the rule set that new exchanges are judged by. */
  readonly ruleSetDigest: string;
  readonly isReady: boolean;
  /** Absent where exchanges are scored in line. */
  readonly handover?: HandoverReading;
  /** Absent but in a worker. */
  readonly worker?: WorkerReading;
}
