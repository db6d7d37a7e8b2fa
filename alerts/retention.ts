import { setTimeout as sleep } from 'node:timers/promises';
import { LEVELS } from './levels.ts';
import type { Expired, Expiry } from './types.ts';
import type { RecordLevel } from './water-marks.ts';

/** How many days exchanges are kept, by the level of their strongest finding; null is for ever. */
export type RetentionDays = Readonly<Record<RecordLevel, number | null>>;

/** Takes out of the store what is older than its level is kept. */
export interface RetentionSweep {
  /** One sweep, in steps that let others write between them. Never throws: what fails is told and left for the next. */
  sweep(): Promise<void>;
  removed(): Readonly<Partial<Record<RecordLevel, number>>>;
  close(): void;
}

const DAY_MS = 86_400_000;
const SWEEP_EVERY_MS = 600_000;
const STEP = 200;
const PAUSE_MS = 20;

/** Sweeps now and every ten minutes. */
export function createRetentionSweep(
  days: RetentionDays,
  expire: (expiry: Expiry) => Promise<readonly Expired[]>,
  onFailure: (task: 'retention') => void,
): RetentionSweep {
  const removed: Partial<Record<RecordLevel, number>> = {};
  let isClosed = false;
  let running: Promise<void> | undefined;

  const note = ({ rank, removed: count }: Expired): void => {
    const level = rank === null ? 'none' : (LEVELS[rank] ?? 'none');
    if (count > 0) removed[level] = (removed[level] ?? 0) + count;
  };
  const run = async (): Promise<void> => {
    let cutoffs = cutoffsAt(days, Date.now());
    while (!isClosed && cutoffs.length > 0) {
      const expired = await expire({ cutoffs, limit: STEP });
      expired.forEach(note);
      const unfinished = new Set(expired.filter(({ hasMore }) => hasMore).map(({ rank }) => rank));
      cutoffs = cutoffs.filter(({ rank }) => unfinished.has(rank));
      await sleep(PAUSE_MS, undefined, { ref: false });
    }
  };
  const sweep = (): Promise<void> => {
    running ??= run()
      .catch(() => onFailure('retention'))
      .finally(() => {
        running = undefined;
      });
    return running;
  };
  const timer = setInterval(() => void sweep(), SWEEP_EVERY_MS).unref();
  const close = (): void => {
    isClosed = true;
    clearInterval(timer);
  };
  void sweep();
  return { sweep, removed: () => ({ ...removed }), close };
}

function cutoffsAt(days: RetentionDays, now: number): Expiry['cutoffs'] {
  return (Object.entries(days) as [RecordLevel, number | null][]).flatMap(([level, kept]) => {
    if (kept === null) return [];
    const rank = level === 'none' ? null : LEVELS.indexOf(level);
    return [{ rank, before: new Date(now - kept * DAY_MS).toISOString() }];
  });
}
