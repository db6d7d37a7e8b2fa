import type { SinkCounts } from '../lane-stats.ts';

/** What lanes have done that run in one thread after another: counts only grow. */
export interface KeptCounts {
  /** What the present thread says of its lanes. */
  note(counts: readonly SinkCounts[]): void;
  /** The present thread has ended: its lanes fail until the next one says otherwise. */
  lose(reason: string): void;
  read(): readonly SinkCounts[];
}

/** Nothing was done yet. */
export function createKeptCounts(sinks: readonly string[]): KeptCounts {
  let before: readonly SinkCounts[] = sinks.map(nothingBy);
  let now: readonly SinkCounts[] = [];
  const read = () =>
    before.map((lane) => {
      const present = now.find(({ sink }) => sink === lane.sink);
      return present === undefined ? lane : sumOf(lane, present);
    });
  return {
    read,
    note(counts) {
      now = counts;
    },
    lose(reason) {
      before = read().map((lane) => ({
        ...lane,
        failuresInARow: lane.failuresInARow + 1,
        lastError: reason,
      }));
      now = [];
    },
  };
}

function nothingBy(sink: string): SinkCounts {
  const held = { route: 0, silence: 0, group: 0, rate_limit: 0 };
  return { sink, attempts: 0, delivered: 0, dead: 0, retried: 0, held, failuresInARow: 0, lastError: null };
}

/** Failures in a row are those of the present thread. */
function sumOf(before: SinkCounts, now: SinkCounts): SinkCounts {
  const held = {
    route: before.held.route + now.held.route,
    silence: before.held.silence + now.held.silence,
    group: before.held.group + now.held.group,
    rate_limit: before.held.rate_limit + now.held.rate_limit,
  };
  return {
    sink: now.sink,
    attempts: before.attempts + now.attempts,
    delivered: before.delivered + now.delivered,
    dead: before.dead + now.dead,
    retried: before.retried + now.retried,
    held,
    failuresInARow: now.failuresInARow,
    lastError: now.lastError ?? before.lastError,
  };
}
