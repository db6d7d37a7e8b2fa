import type { CompiledCorrelation } from './compile-correlations.ts';
import type { CorrelationGroup, KeptEvent, Waiting } from './types.ts';
import { type Match, putWaiting, waitingOf } from './waiting.ts';

/* A count that has an upper bound (`lte`, `lt`, `eq`) holds or not once no more can come. So events are counted in windows:
 * one opens with the first event of a group, lasts the timespan and is then decided; the next event opens the next. Every
 * event is in one window. An open window is among what waits, with the time at which it closes. */

/** The open window of a group, as it waits; undefined where none is open. */
export function openWindow(
  waiting: readonly Waiting[],
  { correlation, group }: Pick<Waiting, 'correlation' | 'group'>,
): Waiting | undefined {
  return waiting.find((one) => one.correlation === correlation && one.group === group);
}

/** With an event more in the group's window, which it opens where none is open. */
export function growWindow(
  waiting: readonly Waiting[],
  correlation: CompiledCorrelation,
  match: Match,
): ReturnType<typeof putWaiting> {
  const newest = waitingOf(correlation, match);
  const open = openWindow(waiting, newest);
  if (open === undefined) return putWaiting(waiting, newest);
  const grown = { ...newest, due: open.due };
  return { waiting: waiting.map((one) => (one === open ? grown : one)), evicted: 0 };
}

export interface Closed {
  /** Begins anew. */
  readonly group: CorrelationGroup;
  /** What was counted, oldest first; null where it was too much, too little or negated. */
  readonly fired: readonly KeptEvent[] | null;
}

/** Decides a window of a group that closes; pure. What is under `unless` must not have come since it was opened, or in the
 *  exchange that opened it. */
export function closeWindow(
  { needed, most, timespanMs }: CompiledCorrelation,
  { due }: Waiting,
  group: CorrelationGroup,
): Closed {
  const { events, negatedAt } = group;
  const isNegated = negatedAt !== null && negatedAt >= due - timespanMs;
  const isRight = events.length >= needed && events.length <= (most ?? Number.POSITIVE_INFINITY);
  const next = { ...group, latest: Math.max(group.latest, due), events: [], chains: [] };
  return { group: next, fired: isRight && !isNegated ? events : null };
}
