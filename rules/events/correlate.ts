import type { CompiledCorrelation } from './compile-correlations.ts';
import { fieldValue } from './groups.ts';
import type { CorrelationGroup, EventFields, KeptEvent } from './types.ts';

/** A finding of a rule or of another correlation, on its way through the correlations. */
export interface Event {
  readonly ruleId: string;
  readonly at: number;
  readonly fields: EventFields;
  readonly fingerprint: string | null;
}

export interface Correlated {
  readonly group: CorrelationGroup;
  /** The events that made it fire, oldest first; null where it did not. They count no more. */
  readonly fired: readonly KeptEvent[] | null;
  /** Where the correlation is decided when its window closes: the events in it so far, of which this is the newest. */
  readonly inWindow: readonly KeptEvent[] | null;
  /** Whether it is one that must not follow: what waits in the group fires no more. */
  readonly isUndone: boolean;
  /** Words that were pushed out of the group's memory before their time was over: they would count again. */
  readonly forgotten: number;
}

export const NEW_GROUP: CorrelationGroup = {
  latest: 0,
  events: [],
  chains: [],
  negatedAt: null,
  seen: [],
};

/** Fingerprints that one group remembers, some 100 bytes each. */
const MAX_SEEN = 4_096;

/** Takes one event into its group; pure. */
export function correlate(
  correlation: CompiledCorrelation,
  kept: CorrelationGroup,
  event: Event,
): Correlated {
  const before = kept.latest - event.at < memoryMs(correlation) ? kept : notAfter(kept, event.at);
  const at = Math.max(event.at, before.latest);
  const group = forget(before, correlation, at);
  const { fingerprint } = event;
  if (fingerprint !== null && group.seen.some((one) => one.fingerprint === fingerprint)) return quiet(group);
  const all = fingerprint === null ? group.seen : [...group.seen, { fingerprint, at }];
  const forgotten = Math.max(0, all.length - MAX_SEEN);
  const outcome = take(correlation, { ...group, seen: all.slice(forgotten) }, { event, at });
  return { ...outcome, forgotten };
}

/** What comes of an event whose words are new. */
function take(
  correlation: CompiledCorrelation,
  group: CorrelationGroup,
  { event, at }: { readonly event: Event; readonly at: number },
): Correlated {
  const { ruleId } = event;
  const isUndone = correlation.unlessThen?.ruleIds.has(ruleId) === true;
  const isNegated = correlation.unless.has(ruleId);
  if (isNegated || isUndone) {
    return { ...quiet({ ...group, ...(isNegated ? { negatedAt: at } : {}) }), isUndone };
  }
  const value = correlation.field === null ? null : fieldValue(correlation.field, event);
  if (correlation.field !== null && value === null) return quiet(group);
  const counted: KeptEvent = { ruleId, at, value, exchange: event.fields.exchange ?? null };
  const grown = { ...group, ...TAKE[correlation.type](correlation, group, counted) };
  if (correlation.most !== null) {
    const kept = bounded(correlation, grown);
    return { ...quiet(kept), inWindow: kept.events };
  }
  const match = matchOf(correlation, grown);
  if (match === null) return quiet(grown);
  if (group.negatedAt !== null) return quiet(bounded(correlation, grown));
  return { ...quiet({ ...grown, events: [], chains: [] }), fired: match };
}

function quiet(group: CorrelationGroup): Correlated {
  return { group, fired: null, inWindow: null, isUndone: false, forgotten: 0 };
}

/** Whether a group holds nothing that could still count. */
export function isSilent(
  correlation: CompiledCorrelation,
  now: number,
): (group: CorrelationGroup) => boolean {
  const until = now - memoryMs(correlation);
  return ({ latest }) => latest <= until;
}

/** How long words that come again are known: for as long as they could count twice. */
function memoryMs({ timespanMs, unlessThen }: CompiledCorrelation): number {
  return Math.max(timespanMs, unlessThen?.withinMs ?? 0);
}

/** A group of a time when the clock was ahead, with nothing later than now: it would forget nothing until the time that
 *  the clock had shown. */
function notAfter(group: CorrelationGroup, now: number): CorrelationGroup {
  const moved = <T extends { readonly at: number }>(one: T): T => ({ ...one, at: Math.min(one.at, now) });
  return {
    latest: now,
    events: group.events.map(moved),
    chains: group.chains.map((chain) => chain.map(moved)),
    negatedAt: group.negatedAt === null ? null : Math.min(group.negatedAt, now),
    seen: group.seen.map(moved),
  };
}

/** Without what lies a timespan back, or longer. */
function forget(group: CorrelationGroup, correlation: CompiledCorrelation, latest: number): CorrelationGroup {
  const until = latest - correlation.timespanMs;
  const isRecent = ({ at }: { readonly at: number }) => at > until;
  return {
    latest,
    events: group.events.filter(isRecent),
    chains: group.chains.map((chain) => (chain.every(isRecent) ? chain : [])),
    negatedAt: group.negatedAt !== null && group.negatedAt > until ? group.negatedAt : null,
    seen: since(group.seen, latest - memoryMs(correlation)),
  };
}

/** They are in the order of their times: where the first stays all do. */
function since(seen: CorrelationGroup['seen'], until: number): CorrelationGroup['seen'] {
  return (seen[0]?.at ?? 0) > until ? seen : seen.filter(({ at }) => at > until);
}

type Taken = Partial<Pick<CorrelationGroup, 'events' | 'chains'>>;
type Take = (correlation: CompiledCorrelation, group: CorrelationGroup, event: KeptEvent) => Taken;

const TAKE: Readonly<Record<CompiledCorrelation['type'], Take>> = {
  event_count: (_, { events }, event) => ({ events: [...events, event] }),
  value_count: (_, { events }, event) => ({
    events: [...events.filter(({ value }) => value !== event.value), event],
  }),
  temporal: (_, { events }, event) => ({
    events: [...events.filter(({ ruleId }) => ruleId !== event.ruleId), event],
  }),
  temporal_ordered: ({ ruleIds }, { chains }, event) => ({ chains: extend(ruleIds, chains, event) }),
};

/** For each length the way that began last: it stays within the timespan longest. Longer ways first, since an event
 *  continues only what was there before it. */
function extend(
  ruleIds: readonly string[],
  chains: CorrelationGroup['chains'],
  event: KeptEvent,
): CorrelationGroup['chains'] {
  const next = ruleIds.map((_, i) => chains[i] ?? []);
  for (let i = ruleIds.length - 1; i >= 0; i--) {
    if (ruleIds[i] !== event.ruleId) continue;
    const shorter = i === 0 ? [] : (next[i - 1] ?? []);
    if (shorter.length === i) next[i] = [...shorter, event];
  }
  return next;
}

function matchOf({ type, needed, ruleIds }: CompiledCorrelation, { events, chains }: CorrelationGroup) {
  if (type !== 'temporal_ordered') return events.length >= needed ? events : null;
  const whole = chains[ruleIds.length - 1] ?? [];
  return whole.length === ruleIds.length ? whole : null;
}

/** What cannot fire for now must not grow. One more than there may be at most tells that there were too many. */
function bounded({ needed, most }: CompiledCorrelation, group: CorrelationGroup): CorrelationGroup {
  return { ...group, events: group.events.slice(most === null ? -needed : -(most + 1)) };
}
