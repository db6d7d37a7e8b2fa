import type { SegmentScan } from './segment-scan.ts';

/** Answers what is asked with every event of a held answer by looking at the segments that may still change: an exchange
 *  may have thousands that do not. */
export interface OpenSegments {
  /** It is new, or something was added to it. */
  add(segment: Followed): void;
  /** Whether there is something that a verdict may act on. */
  isAlarming(): boolean;
  /** The longest that text now waits for the reader, in milliseconds. */
  waitingMs(): number;
}

type Followed = Pick<SegmentScan, 'hasEnded' | 'isAlarming' | 'waitingSince'>;

export function createOpenSegments(): OpenSegments {
  const open = new Set<Followed>();
  const alarming = new Set<Followed>();

  /** Those that are read to their end are looked at once more. */
  function close(segment: Followed): void {
    open.delete(segment);
    if (segment.isAlarming()) alarming.add(segment);
  }

  return {
    add(segment) {
      alarming.delete(segment);
      open.add(segment);
    },
    isAlarming() {
      if (alarming.size > 0) return true;
      for (const segment of open) {
        if (segment.isAlarming()) return true;
        if (segment.hasEnded()) open.delete(segment);
      }
      return false;
    },
    waitingMs() {
      const now = performance.now();
      let since = now;
      for (const segment of open) {
        since = Math.min(since, segment.waitingSince() ?? now);
        if (segment.hasEnded()) close(segment);
      }
      return now - since;
    },
  };
}
