import type {
  Aggregate,
  CalibrationRefusal,
  Featureset,
  Role,
  SignalId,
  Threshold,
} from '../detectors/index.ts';
import type { ConditionAggregate } from './types.ts';

/** What a rate is promised of: how a segment scores by a reading and an aggregate. */
export interface RateSubject {
  readonly signal: SignalId;
  /** Taken off the signal, token by token. */
  readonly minus: SignalId | null;
  readonly aggregate: ConditionAggregate;
  /** Of `count_above`: a token counts when the reading is greater; else null. */
  readonly level: number | null;
}

/** A featureset with what a team's own traffic says beside it: also of what no featureset is calibrated for. */
export interface CalibratedFeatureset extends Featureset {
  /** As `threshold`, of a difference or of one of the rules' own aggregates; undefined where it was never learned. */
  ownThreshold(subject: RateSubject, rate: number, role?: Role): Threshold | CalibrationRefusal | undefined;
}

/** Whether an aggregate is one of the detectors', of which there may be a calibration. */
export function isCalibratable(aggregate: ConditionAggregate): aggregate is Aggregate {
  return CALIBRATABLE.has(aggregate.kind);
}

const CALIBRATABLE: ReadonlySet<string> = new Set<Aggregate['kind']>([
  'max',
  'mean',
  'top_k_mean',
  'max_rolling_mean',
]);

/** The same text for subjects that score every segment the same. */
export function keyOfSubject({ signal, minus, aggregate: { kind, window }, level }: RateSubject): string {
  const width = NEEDS_WINDOW.has(kind) ? window : 0;
  return JSON.stringify([signal, minus, kind, width, level]);
}

const NEEDS_WINDOW: ReadonlySet<string> = new Set(['top_k_mean', 'max_rolling_mean', 'ema']);

/** What is read, for people: `concept/a minus concept/b`. */
export function readingName({ signal, minus }: Pick<RateSubject, 'signal' | 'minus'>): string {
  return minus === null ? signal : `${signal} minus ${minus}`;
}

/** The aggregate, for people: `ema over 8 tokens`. */
export function aggregateName({
  aggregate: { kind, window },
  level,
}: Pick<RateSubject, 'aggregate' | 'level'>): string {
  if (level !== null) return `${kind} ${level}`;
  return NEEDS_WINDOW.has(kind) ? `${kind} over ${window} tokens` : kind;
}
