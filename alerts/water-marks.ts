import { createHash } from 'node:crypto';
import type { Level } from '../rules/index.ts';
import { flaggedRank } from './alert.ts';
import { LEVELS } from './levels.ts';
import type { ExchangeRecord, StorePressure } from './types.ts';

/** The level of an exchange; `none` where nothing was flagged. */
export type RecordLevel = Level | 'none';

/** Above either mark the store is short of room. */
export interface WaterMarkOptions {
  /** Alerts that wait for a sink, counted once a sink. */
  readonly rows: number;
  /** Bytes in use; null where only the rows count. */
  readonly bytes: number | null;
  /** Above a mark one in so many is still recorded. */
  readonly keepOneIn: number;
  /** What may be left out; high and critical never are, whatever is named here. */
  readonly levels: readonly RecordLevel[];
  /** The store is measured at most so often. */
  readonly everyMs: number;
}

/** Decides what is left out while the store is short of room. */
export interface WaterMarks {
  /** Whether this exchange is left out now. The same exchange is always decided alike. */
  leavesOut(record: ExchangeRecord): boolean;
  /** Measures if the last measure is old; never throws and nobody waits for it. */
  refresh(): void;
  isAbove(): boolean;
  pressure(): StorePressure | null;
  /** Measures no more. */
  close(): void;
}

/** Once above, the store counts as above until it is down to this share of the mark, so that it does not flicker. */
const CALM_SHARE = 0.9;
/** Above a mark it is measured again by itself: where nothing more comes, nobody else would. */
const MIN_AGAIN_MS = 50;
const NEVER_LEFT_OUT: readonly RecordLevel[] = ['high', 'critical'];

/** Nothing is measured yet. */
export function createWaterMarks(
  options: WaterMarkOptions,
  measure: () => Promise<StorePressure>,
  onFailure: (task: 'pressure') => void,
): WaterMarks {
  const { rows, bytes, keepOneIn, everyMs } = options;
  const levels = options.levels.filter((level) => !NEVER_LEFT_OUT.includes(level));
  let pressure: StorePressure | null = null;
  let isAbove = false;
  let isMeasuring = false;
  let measuredAt = -Infinity;
  let again: NodeJS.Timeout | undefined;
  let isClosed = false;

  const note = (now: StorePressure): void => {
    const share = isAbove ? CALM_SHARE : 1;
    pressure = now;
    isAbove = now.outboxRows >= rows * share || (bytes !== null && now.bytes >= bytes * share);
  };
  const refresh = (): void => {
    if (isClosed || isMeasuring || performance.now() - measuredAt < everyMs) return;
    isMeasuring = true;
    clearTimeout(again);
    measure()
      .then(note, () => onFailure('pressure'))
      .finally(() => {
        isMeasuring = false;
        measuredAt = performance.now();
        // A timer may fire a little early.
        const soonMs = Math.max(everyMs, MIN_AGAIN_MS) + 1;
        if (isAbove && !isClosed) again = setTimeout(refresh, soonMs).unref();
      });
  };
  const leavesOut = (record: ExchangeRecord): boolean =>
    isAbove && levels.includes(levelOf(record)) && !isChosen(record.exchangeId, keepOneIn);
  const close = (): void => {
    isClosed = true;
    clearTimeout(again);
  };
  return { leavesOut, refresh, isAbove: () => isAbove, pressure: () => pressure, close };
}

/** The level of the strongest finding that flags or enforces, told of or held back. */
export function levelOf({ findings }: ExchangeRecord): RecordLevel {
  const rank = flaggedRank(findings);
  return rank === null ? 'none' : (LEVELS[rank] ?? 'none');
}

function isChosen(exchangeId: string, keepOneIn: number): boolean {
  return createHash('sha256').update(exchangeId).digest().readUInt32BE() % keepOneIn === 0;
}
