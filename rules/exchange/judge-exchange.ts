import type { ReadableView, TokenSpan } from '../../detectors/index.ts';
import { type CompiledRule, compiledOf, type PlannedRule, type SegmentTarget } from '../compiled.ts';
import type { State } from '../evaluate.ts';
import { namesIn, type Outlook, outlookOf } from '../expression-truth.ts';
import { createFinding } from '../finding.ts';
import { spanOf } from '../history.ts';
import { placeOnText, placeUnder } from '../join-readings.ts';
import { isJoined, joinedRefOf } from '../joined-parts.ts';
import { tokensBehind } from '../meters/meter.ts';
import type { ExchangeMatch, ExchangeSegment, Finding, RuleSet, SegmentState } from '../types.ts';
import { type ExchangeValue, exchangeValue } from './exchange-value.ts';

/** One segment of an exchange that has been read to its end. */
export interface ExchangePart {
  readonly state: SegmentState;
  /** Of its text. */
  readonly tokens: readonly TokenSpan[];
  /** What it reads without its disguise, where it wears one. */
  readonly view: { readonly state: SegmentState; readonly view: ReadableView } | null;
}

/** What rules with a condition over the whole exchange make of it: one finding for each that holds, at the segment that
 *  speaks for it most. Segments in the order of the exchange; those that a rule does not read do not count for it. An
 *  exchange with disguised segments is judged a second time with what they read, one with lists of parts that are read
 *  together once more with these in their place. Pure.
 *  @param open - targets of which more segments may follow: only what they cannot undo is found */
export function judgeExchange(
  ruleSet: RuleSet,
  parts: readonly ExchangePart[],
  open: readonly SegmentTarget[] = [],
): readonly Finding[] {
  const lists = new Set(
    parts
      .map(({ state }) => state.segment)
      .filter(isJoined)
      .map(({ id }) => id),
  );
  if (lists.size === 0) return judgeParts(ruleSet, parts, open);
  const found = judgeParts(
    ruleSet,
    parts.filter(({ state }) => !isJoined(state.segment)),
    open,
  );
  const fired = new Set(found.map(({ ruleId }) => ruleId));
  const together = judgeParts(
    ruleSet,
    parts.filter(({ state }) => !lists.has(joinedRefOf(state.segment)?.id ?? '')),
    open,
  );
  return [...found, ...together.filter(({ ruleId }) => !fired.has(ruleId))];
}

/** Each of these segments once. */
function judgeParts(
  ruleSet: RuleSet,
  parts: readonly ExchangePart[],
  open: readonly SegmentTarget[],
): readonly Finding[] {
  const asTheyStand = judge(
    ruleSet,
    parts.map(({ state }) => state),
    open,
  );
  const found = asTheyStand.map(({ finding }) => finding);
  if (parts.every(({ view }) => view === null)) return found;
  const fired = new Set(found.map(({ ruleId }) => ruleId));
  const readable = judge(
    ruleSet,
    parts.map(({ state, view }) => view?.state ?? state),
    open,
  );
  const added = readable.filter(({ finding }) => !fired.has(finding.ruleId));
  return [
    ...found,
    ...added.map(({ finding, at }) => {
      const { view = null, tokens = [] } = parts[at] ?? {};
      const placed = { ...finding, ...placeSegments(finding, parts) };
      return view === null ? placed : placeOnText(placed, view.view, tokens);
    }),
  ];
}

/** The segments of a finding of the second judgement, those that wear a disguise at their places in the text. */
function placeSegments({ exchange }: Finding, parts: readonly ExchangePart[]): Pick<Finding, 'exchange'> {
  if (exchange === undefined) return {};
  const segments = exchange.segments.map((one): ExchangeSegment => {
    const part = parts.find(({ state }) => state.segment.id === one.segment.id);
    if (part === undefined || part.view === null) return one;
    const { view } = part.view;
    return { ...one, ...placeUnder(one.span, view, part.tokens), changes: view.changes };
  });
  return { exchange: { ...exchange, segments } };
}

/** The value of each condition of a rule over the whole exchange; null where no segment that it reads has a token. */
export function measureExchange(
  rule: CompiledRule,
  states: readonly SegmentState[],
): ReadonlyMap<string, ExchangeValue> {
  return valuesOf(rule, readBy(rule, states));
}

interface Reading {
  readonly planned: PlannedRule;
  readonly state: State;
  /** Among the segments of the exchange. */
  readonly at: number;
}

interface Found {
  readonly finding: Finding;
  readonly at: number;
}

/** The segments that a rule reads. */
function readBy(rule: CompiledRule, states: readonly SegmentState[]): Reading[] {
  return states.flatMap((one, at) => {
    const state = one as State;
    const planned = state.plan.rules.find((candidate) => candidate.rule.id === rule.id);
    return planned === undefined || state.tokens === 0 ? [] : [{ planned, state, at }];
  });
}

function judge(
  ruleSet: RuleSet,
  states: readonly SegmentState[],
  open: readonly SegmentTarget[],
): readonly Found[] {
  const planned = states.flatMap((state) => (state as State).plan.rules);
  const rules = new Map(planned.flatMap(({ rule }) => (rule.isOfExchange ? [[rule.id, rule] as const] : [])));
  return [...rules.values()].flatMap((rule) => judgeRule(ruleSet, rule, { states, open }) ?? []);
}

function judgeRule(
  ruleSet: RuleSet,
  rule: CompiledRule,
  { states, open }: { readonly states: readonly SegmentState[]; readonly open: readonly SegmentTarget[] },
): Found | null {
  const readings = readBy(rule, states);
  const values = valuesOf(rule, readings);
  const isOpen = rule.target === 'any' ? open.length > 0 : open.includes(rule.target);
  const holding = readings.filter((reading) => holds(reading, values, isOpen));
  const speaking = speakingCondition(rule, values);
  const ownValue = ({ planned, state }: Reading) => meterOf(planned, state, speaking)?.best?.value ?? 0;
  const [first] = holding;
  if (first === undefined) return null;
  const strongest = holding.reduce((best, next) => (ownValue(next) > ownValue(best) ? next : best), first);
  const { planned, state, at } = strongest;
  const exchange = new Map([...values].map(([name, { value }]) => [name, value]));
  const finding = createFinding(compiledOf(ruleSet), { ...state, planned, exchange });
  return { at, finding: { ...finding, exchange: matchOf(readings, speaking) } };
}

function valuesOf(rule: CompiledRule, readings: readonly Reading[]): ReadonlyMap<string, ExchangeValue> {
  const conditions = rule.conditions.map(({ name, per }, i) => ({ name, per, i }));
  return new Map(
    conditions
      .filter(({ per }) => per === 'exchange')
      .map(({ name, i }) => [
        name,
        exchangeValue(readings.flatMap(({ planned, state }) => meterOf(planned, state, i) ?? [])),
      ]),
  );
}

function holds(
  { planned, state }: Reading,
  values: ReadonlyMap<string, ExchangeValue>,
  isOpen: boolean,
): boolean {
  const { expression, rule, conditionOf } = planned;
  if (typeof expression === 'boolean') return expression;
  const outlook = (name: string): Outlook => {
    const i = conditionOf.get(name) ?? -1;
    const condition = rule.conditions[i];
    const threshold = condition?.threshold ?? Number.POSITIVE_INFINITY;
    const isOver = (value: number | null | undefined) => (value ?? Number.NEGATIVE_INFINITY) > threshold;
    if (condition?.per !== 'exchange') {
      return isOver(meterOf(planned, state, i)?.best?.value) ? 'holds' : 'fails';
    }
    const { value = null, cannotFall = false } = values.get(name) ?? {};
    if (isOver(value) && (!isOpen || cannotFall)) return 'holds';
    return isOpen ? 'open' : 'fails';
  };
  return outlookOf(expression, outlook) === 'holds';
}

function meterOf({ meterOf: indexOf }: PlannedRule, { meters }: State, condition: number) {
  return meters[indexOf[condition] ?? -1];
}

/** Index of the first condition over the exchange that is met and speaks for a match; else of the first one at all. */
function speakingCondition(rule: CompiledRule, values: ReadonlyMap<string, ExchangeValue>): number {
  const positive = new Set(
    namesIn(rule.expression).flatMap(({ name, isNegated }) => (isNegated ? [] : [name])),
  );
  const met = rule.conditions.findIndex(
    ({ name, threshold }) =>
      positive.has(name) && (values.get(name)?.value ?? Number.NEGATIVE_INFINITY) > threshold,
  );
  return met >= 0 ? met : rule.conditions.findIndex(({ per }) => per === 'exchange');
}

const MAX_TOLD = 20;

function matchOf(readings: readonly Reading[], condition: number): ExchangeMatch {
  const segments = readings.flatMap(({ planned, state }): ExchangeSegment[] => {
    const meter = meterOf(planned, state, condition);
    if (meter === undefined || meter.best === null) return [];
    const threshold = planned.rule.conditions[condition]?.threshold ?? 0;
    const { first, last } = tokensBehind(meter, threshold);
    const span = spanOf(state.history, first, last);
    const { value } = meter.best;
    return [{ segment: state.segment, value, firstToken: first, lastToken: last, span }];
  });
  const strongest = new Set([...segments].sort((a, b) => b.value - a.value).slice(0, MAX_TOLD));
  return { count: segments.length, segments: segments.filter((one) => strongest.has(one)) };
}
