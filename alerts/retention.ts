import { setTimeout as sleep } from 'node:timers/promises';
import { LEVELS } from './levels.ts';
import type { Crowding, Expired, Expiry } from './types.ts';
import type { RecordLevel } from './water-marks.ts';

/** How many days exchanges are kept, by the level of their strongest finding; null is for ever. */
export type RetentionDays = Readonly<Record<RecordLevel, number | null>>;

/** What is kept: by age, and of exchanges that nothing flagged by how many came after them; null is without bound. */
export interface Keeping {
  readonly days: RetentionDays;
  readonly maxUnflagged: number | null;
}

/** Who takes out of the store, and who is told that it failed. */
export interface RetentionParts {
  expire(expiry: Expiry): Promise<readonly Expired[]>;
  crowdedUpTo(keep: number): Promise<number | null>;
  crowdOut(crowding: Crowding): Promise<number>;
  onFailure(task: 'retention'): void;
}

/** Takes out of the store what is older than its level is kept, and what too many came after. */
export interface RetentionSweep {
  /** One sweep, in steps that let others write between them. Never throws: what fails is told and left for the next. */
  sweep(): Promise<void>;
  /** One more exchange was written: a twentieth of what is kept calls for a sweep. */
  noteCommit(): void;
  removed(): Readonly<Partial<Record<RecordLevel, number>>>;
  crowdedOut(): number;
  close(): void;
}

const DAY_MS = 86_400_000;
const SWEEP_EVERY_MS = 600_000;
const STEP = 200;
const PAUSE_MS = 20;

/** Sweeps now, every ten minutes, and when many exchanges came. */
export function createRetentionSweep(
  { days, maxUnflagged }: Keeping,
  { expire, crowdedUpTo, crowdOut, onFailure }: RetentionParts,
): RetentionSweep {
  const removed: Partial<Record<RecordLevel, number>> = {};
  const sweepEvery = Math.ceil((maxUnflagged ?? Number.POSITIVE_INFINITY) / 20);
  let crowdedOut = 0;
  let sinceSweep = 0;
  let isClosed = false;
  let running: Promise<void> | undefined;

  const note = ({ rank, removed: count }: Expired): void => {
    const level = rank === null ? 'none' : (LEVELS[rank] ?? 'none');
    if (count > 0) removed[level] = (removed[level] ?? 0) + count;
  };
  const pause = () => sleep(PAUSE_MS, undefined, { ref: false });
  const expireAll = async (): Promise<void> => {
    let cutoffs = cutoffsAt(days, Date.now());
    while (!isClosed && cutoffs.length > 0) {
      const expired = await expire({ cutoffs, limit: STEP });
      expired.forEach(note);
      const unfinished = new Set(expired.filter(({ hasMore }) => hasMore).map(({ rank }) => rank));
      cutoffs = cutoffs.filter(({ rank }) => unfinished.has(rank));
      await pause();
    }
  };
  const crowdOutAll = async (): Promise<void> => {
    const upTo = maxUnflagged === null ? null : await crowdedUpTo(maxUnflagged);
    for (let count = STEP; upTo !== null && !isClosed && count === STEP; await pause()) {
      count = await crowdOut({ upTo, limit: STEP });
      crowdedOut += count;
    }
  };
  const run = async (): Promise<void> => {
    sinceSweep = 0;
    // Each by itself: what fails of one is no reason to leave the other.
    await expireAll().catch(() => onFailure('retention'));
    await crowdOutAll().catch(() => onFailure('retention'));
  };
  const sweep = (): Promise<void> => {
    running ??= run().finally(() => {
      running = undefined;
      sweepWhereDue();
    });
    return running;
  };
  const sweepWhereDue = (): void => {
    if (sinceSweep >= sweepEvery && !isClosed) void sweep();
  };
  const noteCommit = (): void => {
    sinceSweep += 1;
    sweepWhereDue();
  };
  const timer = setInterval(() => void sweep(), SWEEP_EVERY_MS).unref();
  const close = (): void => {
    isClosed = true;
    clearInterval(timer);
  };
  void sweep();
  return { sweep, noteCommit, removed: () => ({ ...removed }), crowdedOut: () => crowdedOut, close };
}

function cutoffsAt(days: RetentionDays, now: number): Expiry['cutoffs'] {
  return (Object.entries(days) as [RecordLevel, number | null][]).flatMap(([level, kept]) => {
    if (kept === null) return [];
    const rank = level === 'none' ? null : LEVELS.indexOf(level);
    return [{ rank, before: new Date(now - kept * DAY_MS).toISOString() }];
  });
}
