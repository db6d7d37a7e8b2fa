/** The window slides by this part of its width. */
export const BUCKETS = 24;

/** How many segments were held against a threshold, and how many reached it, within a sliding window; plain data, and
 *  never larger than its buckets. */
export interface RateWindow {
  /** Number of the latest bucket: its time over the width of a bucket. */
  newest: number;
  /** By bucket number modulo `BUCKETS`. */
  readonly segments: number[];
  readonly reached: number[];
}

export interface RateCount {
  readonly segments: number;
  readonly reached: number;
}

/** A window that has seen nothing. */
export function startWindow(): RateWindow {
  return { newest: 0, segments: zeros(), reached: zeros() };
}

/** Counts one segment.
 *  @param bucket - of the present time; that before the newest counts as the newest, and where it lies further back, a
 *    clock was set back: what is counted then moves with it */
export function countSegment(window: RateWindow, bucket: number, isReached: boolean): void {
  slideTo(window, bucket);
  const place = placeOf(window.newest);
  window.segments[place] = (window.segments[place] ?? 0) + 1;
  if (isReached) window.reached[place] = (window.reached[place] ?? 0) + 1;
}

/** What is within the window now. */
export function countedIn(window: RateWindow, bucket: number): RateCount {
  slideTo(window, bucket);
  return { segments: sum(window.segments), reached: sum(window.reached) };
}

function slideTo(window: RateWindow, bucket: number): void {
  if (window.newest - bucket > 1) moveBack(window, bucket);
  const steps = Math.min(BUCKETS, bucket - window.newest);
  if (steps <= 0) return;
  for (let step = 0; step < steps; step++) {
    const place = placeOf(bucket - step);
    window.segments[place] = 0;
    window.reached[place] = 0;
  }
  window.newest = bucket;
}

/** Without it, what was counted while a clock was a year ahead would be within the window for a year. */
function moveBack(window: RateWindow, bucket: number): void {
  const { newest } = window;
  for (const counts of [window.segments, window.reached]) {
    const before = [...counts];
    for (let age = 0; age < BUCKETS; age++) {
      counts[placeOf(bucket - age)] = before[placeOf(newest - age)] ?? 0;
    }
  }
  window.newest = bucket;
}

function placeOf(bucket: number): number {
  return ((bucket % BUCKETS) + BUCKETS) % BUCKETS;
}

function zeros(): number[] {
  return Array.from({ length: BUCKETS }, () => 0);
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
