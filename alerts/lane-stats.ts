import type { LaneCounts } from './relay-lane.ts';
import type { Outbox, OutboxDepth } from './types.ts';

/** What one sink's lane has done. */
export interface SinkCounts extends LaneCounts {
  readonly sink: string;
}

/** One sink's lane now. */
export interface LaneStats extends SinkCounts, OutboxDepth {
  /** Age of the oldest waiting alert; 0 when none waits. */
  readonly oldestAgeMs: number;
  /** Dead letters in the store, those of earlier runs included. */
  readonly dead: number;
}

/** What lanes have done, and what waits for them. Counts are read last: what is off the outbox is in them.
 *  @throws {AlertsError} when the store does not answer, or whoever counts */
export async function laneStats(
  outbox: Pick<Outbox, 'depth'>,
  sinks: readonly string[],
  counts: () => readonly SinkCounts[] | Promise<readonly SinkCounts[]>,
): Promise<readonly LaneStats[]> {
  const depths = await Promise.all(sinks.map((sink) => outbox.depth(sink)));
  const done = new Map((await counts()).map((lane) => [lane.sink, lane]));
  return sinks.flatMap((sink, index) => {
    const [lane, depth] = [done.get(sink), depths[index]];
    if (lane === undefined || depth === undefined) return [];
    return [{ oldestAgeMs: ageMs(depth.oldestQueuedAt), ...lane, ...depth }];
  });
}

function ageMs(queuedAt: string | null): number {
  return queuedAt === null ? 0 : Math.max(0, Date.now() - Date.parse(queuedAt));
}
