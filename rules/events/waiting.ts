import type { CompiledCorrelation } from './compile-correlations.ts';
import { fieldValue, groupOf, keyOf } from './groups.ts';
import type { EventFields, EventState, KeptEvent, Observed, Waiting } from './types.ts';

/** What of one correlation may wait at once. */
export const MAX_WAITING = 4096;

export interface Grown {
  readonly waiting: readonly Waiting[];
  readonly evicted: number;
}

/** With one more that waits, in its place. Past the bound of its correlation the one that waits longest goes, and is
 *  counted. */
export function putWaiting(waiting: readonly Waiting[], added: Waiting): Grown {
  const before = waiting.findLastIndex(({ due }) => due <= added.due);
  const next = waiting.toSpliced(before + 1, 0, added);
  if (next.length <= MAX_WAITING) return { waiting: next, evicted: 0 };
  const own = next.filter(({ correlation }) => correlation === added.correlation);
  if (own.length <= MAX_WAITING) return { waiting: next, evicted: 0 };
  const [oldest] = own;
  return { waiting: next.filter((one) => one !== oldest), evicted: 1 };
}

/** What waits, in the order of its time. What is due later than anything can be was put there while the clock was ahead:
 *  it waits its whole time from now on, and not until the clock shows that time again. */
export function dueFrom(
  waiting: readonly Waiting[],
  correlations: readonly CompiledCorrelation[],
  now: number,
): readonly Waiting[] {
  if (waiting.length === 0) return waiting;
  const byKey = new Map(correlations.map((one) => [one.key, one]));
  const moved = waiting.map((one) => {
    const correlation = byKey.get(one.correlation);
    if (correlation === undefined) return one;
    // The last event of a group counts as at its latest, which may lie a timespan ahead.
    if (one.due - now <= correlation.timespanMs + waitMs(correlation)) return one;
    return { ...one, due: now + waitMs(correlation) };
  });
  return moved.every((one, i) => one === waiting[i]) ? waiting : moved.sort((a, b) => a.due - b.due);
}

/** Without what waits in one group of a correlation: what it waited for has come. */
export function dropWaiting(
  waiting: readonly Waiting[],
  { correlation, group }: Pick<Waiting, 'correlation' | 'group'>,
): readonly Waiting[] {
  const rest = waiting.filter((one) => one.correlation !== correlation || one.group !== group);
  return rest.length === waiting.length ? waiting : rest;
}

/** Events that came together, and the finding that was the last of them. */
export interface Match {
  readonly last: Observed;
  readonly events: readonly KeptEvent[];
}

/** Of the events of a match so many are told. */
export const MAX_TOLD = 100;

/** How long it waits: for what must not follow, or for the window that its first event opened to close. */
function waitMs({ unlessThen, most, timespanMs }: CompiledCorrelation): number {
  return unlessThen?.withinMs ?? (most === null ? 0 : timespanMs);
}

/** What a match waits as until its time has passed. */
export function waitingOf(correlation: CompiledCorrelation, { last, events }: Match): Waiting {
  const { key, groupBy } = correlation;
  const { segment, firstToken, lastToken, span } = last.finding;
  const at = events.at(-1)?.at ?? last.at;
  const { ruleId } = last.finding;
  return {
    correlation: key,
    group: keyOf(groupOf(groupBy, { ruleId, fields: last.fields })),
    due: at + waitMs(correlation),
    count: events.length,
    events: events.slice(-MAX_TOLD),
    fields: boundedFields({ ruleId, fields: last.fields }),
    place: { segment, firstToken, lastToken, span },
    ...(last.subject !== undefined && { subject: last.subject }),
  };
}

/** Callers choose some of the fields, and all of them are kept. */
function boundedFields({ ruleId, fields }: { readonly ruleId: string; readonly fields: EventFields }) {
  const names = Object.keys(fields) as (keyof EventFields)[];
  return Object.fromEntries(names.map((name) => [name, fieldValue(name, { ruleId, fields })]));
}

/** When the next of what waits is due; null where nothing waits. In milliseconds since 1970. */
export function nextDue({ waiting }: EventState): number | null {
  return waiting[0]?.due ?? null;
}
