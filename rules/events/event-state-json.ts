import { z } from 'zod';
import { compiledOf } from '../compiled.ts';
import { FIELD_NAMES } from '../fields/fields.ts';
import { segmentRefSchema } from '../segment-ref-schema.ts';
import type { RuleSet } from '../types.ts';
import { MAX_GROUPS } from './groups.ts';
import type { EventState, Waiting } from './types.ts';
import { MAX_TOLD } from './waiting.ts';

const time = z.number();
const event = z.strictObject({
  ruleId: z.string(),
  at: time,
  value: z.string().nullable(),
  exchange: z.string().nullable(),
});
const correlationGroup = z.strictObject({
  latest: time,
  events: z.array(event),
  chains: z.array(z.array(event)),
  negatedAt: time.nullable(),
  seen: z.array(z.strictObject({ fingerprint: z.string(), at: time })),
});
const alertGroup = z.strictObject({
  start: time,
  findings: z.int().nonnegative(),
  heldBack: z.int().nonnegative(),
});
const text = z.string().nullable().optional();
const waiting = z.strictObject({
  correlation: z.string(),
  group: z.string(),
  due: time,
  count: z.int().positive(),
  events: z.array(event).min(1).max(MAX_TOLD),
  subject: z.string().optional(),
  fields: z.strictObject(Object.fromEntries([...FIELD_NAMES, 'exchange'].map((name) => [name, text]))),
  place: z.strictObject({
    segment: segmentRefSchema,
    firstToken: z.int().nonnegative(),
    lastToken: z.int().nonnegative(),
    span: z.strictObject({ start: z.int().nonnegative(), end: z.int().nonnegative() }),
  }),
});
/** Groups in their order: the one that was quiet longest first. */
const groupsOf = <T extends z.ZodType>(group: T) =>
  z.array(z.tuple([z.string(), z.array(z.tuple([z.string(), group])).max(MAX_GROUPS)]));

const eventStateSchema = z.strictObject({
  version: z.literal(1),
  correlations: groupsOf(correlationGroup),
  alerts: groupsOf(alertGroup),
  // Absent in what was written before anything waited.
  waiting: z
    .array(waiting)
    .refine(
      (all) => all.every(({ due }, i) => due >= (all[i - 1]?.due ?? due)),
      'must be in the order of due',
    )
    .default([]),
});

/** A state as JSON: what a restart needs to go on counting. */
export type EventStateJson = z.infer<typeof eventStateSchema>;

export type ImportResult =
  | { readonly ok: true; readonly state: EventState; readonly dropped: number }
  | { readonly ok: false; readonly message: string };

export function exportEvents({ correlations, alerts, waiting }: EventState): EventStateJson {
  const json = { version: 1, correlations: entriesOf(correlations), alerts: entriesOf(alerts), waiting };
  // The arrays are readonly in the state and not in the schema's type; the values are the same.
  return json as unknown as EventStateJson;
}

/** @returns the state without what the rules know no more (`dropped` groups), or what is wrong with the JSON */
export function importEvents(ruleSet: RuleSet, json: unknown): ImportResult {
  const parsed = eventStateSchema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return {
      ok: false,
      message: `/${issue?.path.map(String).join('/') ?? ''}: ${issue?.message ?? 'wrong shape'}`,
    };
  }
  const { correlations, alerts } = parsed.data;
  // What the schema takes for absent or undefined is only ever absent in JSON.
  const waiting = parsed.data.waiting as readonly Waiting[];
  const before = { correlations: mapsOf(correlations), alerts: mapsOf(alerts), waiting };
  return { ok: true, ...carryEvents(ruleSet, before) };
}

/** The state for another rule set: what correlations of the same meaning and rules that still group alerts have counted.
 *  `dropped` is the number of groups that nothing counts any more, and of what waited for a correlation that is gone. */
export function carryEvents(
  ruleSet: RuleSet,
  before: EventState,
): { readonly state: EventState; readonly dropped: number } {
  const rules = compiledOf(ruleSet);
  const keys = new Set(rules.compiledCorrelations.filter(({ mode }) => mode !== 'off').map(({ key }) => key));
  const correlations = new Map([...before.correlations].filter(([key]) => keys.has(key)));
  const alerts = new Map([...before.alerts].filter(([ruleId]) => rules.alertOf(ruleId) !== null));
  const waiting = before.waiting.filter(({ correlation }) => keys.has(correlation));
  const state: EventState = { correlations, alerts, waiting };
  const gone = before.waiting.length - waiting.length;
  return { state, dropped: countGroups(before) - countGroups(state) + gone };
}

/** Groups that a state keeps. */
export function countGroups({ correlations, alerts }: EventState): number {
  const sizes = [...correlations.values(), ...alerts.values()].map((groups) => groups.size);
  return sizes.reduce((sum, size) => sum + size, 0);
}

function entriesOf<G>(maps: ReadonlyMap<string, ReadonlyMap<string, G>>) {
  return [...maps].map(([key, groups]) => [key, [...groups]] as const);
}

function mapsOf<G>(entries: readonly (readonly [string, readonly (readonly [string, G])[]])[]) {
  return new Map(entries.map(([key, groups]) => [key, new Map(groups)]));
}
