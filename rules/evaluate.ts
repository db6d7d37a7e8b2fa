import type { Activations, AggregateValue } from '../detectors/index.ts';
import { type CompiledCondition, compiledOf, type Plan, type PlannedRule } from './compiled.ts';
import { evaluateExpression, type Outlook, outlookOf } from './expression-truth.ts';
import type { Fields } from './fields/fields.ts';
import { createFinding } from './finding.ts';
import type { History } from './history.ts';
import { advanceMeter, cannotFall, startMeter, valuesOf } from './meters/meter.ts';
import type { Batch, MeterState } from './meters/types.ts';
import { RulesError } from './rules-error.ts';
import type { Advance, Finding, Finish, RuleSet, SegmentRef, SegmentState } from './types.ts';

/** A segment's state behind the face. */
export interface State extends SegmentState {
  readonly fields: Fields;
  readonly plan: Plan;
  /** One for each meter of the plan. */
  readonly meters: readonly MeterState[];
  readonly fired: ReadonlySet<PlannedRule>;
  readonly history: History | null;
  readonly isFinished: boolean;
}

/** What a segment is judged by, beside its text. */
export interface SegmentOptions {
  /** Fields of the exchange; the segment's own (role, target, tool) are added. */
  readonly fields?: Fields;
  /** The rules to evaluate, where they are not the set's active ones. */
  readonly plan?: Plan;
}

/** The state before a segment's first token. */
export function beginSegment(
  ruleSet: RuleSet,
  segment: SegmentRef,
  options: SegmentOptions = {},
): SegmentState {
  const fields = fieldsOf(segment, options.fields);
  const chosen = options.plan ?? compiledOf(ruleSet).planFor(segment.target, fields);
  const meters = startOf(chosen);
  const fresh = { tokens: 0, fired: NONE_FIRED, history: null, isFinished: false };
  const state: State = { segment, fields, plan: chosen, meters, ...fresh };
  return state;
}

/** Nothing is changed in a state, so all segments under a plan begin with the same. */
const STARTS = new WeakMap<Plan, readonly MeterState[]>();
const NONE_FIRED: ReadonlySet<PlannedRule> = new Set();

function startOf(plan: Plan): readonly MeterState[] {
  const known = STARTS.get(plan) ?? plan.meters.map(startMeter);
  STARTS.set(plan, known);
  return known;
}

/** The fields of a segment: those of its exchange, and its own. What its text says of its language goes before what the
 *  exchange says of it. */
export function fieldsOf({ role, target, tool, language }: SegmentRef, fields: Fields = {}): Fields {
  return { ...fields, role, target, tool: tool ?? fields.tool ?? null, ...(language && { language }) };
}

/** Takes in the next tokens of a segment. A rule matches here only if nothing that may follow could undo it:
 *  a maximum never falls, a count
 *  neither, `top_k_mean` not once it has k tokens; `mean`, `sum`, `not` and a `top_k_mean` of fewer tokens are left to
 *  `finish`. A finding's numbers are those at the token that decided,
 *  so they do not depend on how the tokens were batched.
 *  @throws {RulesError} TOKENS_OUT_OF_ORDER, SIGNAL_MISSING, SEGMENT_FINISHED */
export function advance(ruleSet: RuleSet, before: SegmentState, activations: Activations): Advance {
  const state = before as State;
  checkNext(state, activations);
  const count = activations.tokens.length;
  if (count === 0) return { state, findings: [] };
  const meters = advanceMeters(state, activations, { from: 0, to: count });
  const history: History = { activations, earlier: state.history };
  const next: State = { ...state, tokens: state.tokens + count, meters, history };
  const matched = touchedRules(state, meters).filter(
    (rule) => !state.fired.has(rule) && holdsForGood(rule, meters),
  );
  if (matched.length === 0) return { state: next, findings: [] };
  const findings = matched.map((planned) => findingAtDecision(ruleSet, { before: state, planned, history }));
  return { state: { ...next, fired: new Set([...state.fired, ...matched]) } as State, findings };
}

/** The rules of which some value has changed, in their order: nothing else can have been decided. With the first tokens
 *  all, since fields alone may decide. */
function touchedRules({ plan, tokens, meters: before }: State, meters: readonly MeterState[]) {
  if (tokens === 0) return plan.judged;
  const touched = new Set<PlannedRule>();
  for (let i = 0; i < meters.length; i++) {
    if (meters[i]?.best === before[i]?.best) continue;
    for (const rule of plan.rulesOf[i] ?? []) touched.add(rule);
  }
  if (touched.size === 0) return [];
  return touched.size === 1 ? [...touched] : plan.judged.filter((rule) => touched.has(rule));
}

/** The segment has ended: decides what could not be decided before. A segment without tokens has no findings. Rules with
 *  a condition over the whole exchange are left to `judgeExchange`.
 *  @throws {RulesError} SEGMENT_FINISHED */
export function finish(ruleSet: RuleSet, before: SegmentState): Finish {
  const state = before as State;
  checkOpen(state);
  const { meters, tokens, history, segment, fields } = state;
  const findings: Finding[] = [];
  const settled: Finding[] = [];
  for (const planned of tokens === 0 ? [] : state.plan.judged) {
    if (!holds(planned, meters)) continue;
    const finding = createFinding(compiledOf(ruleSet), { planned, segment, fields, meters, tokens, history });
    settled.push(finding);
    if (!state.fired.has(planned)) findings.push(finding);
  }
  const next: State = { ...state, isFinished: true };
  return { state: next, findings, settled };
}

/** Value so far of every condition of every rule; null before the first token. */
export function measure(state: SegmentState): readonly Measurement[] {
  const { plan, meters } = state as State;
  return plan.rules.flatMap((planned) =>
    planned.rule.conditions.map((condition, i) => {
      const best = meters[planned.meterOf[i] ?? -1]?.best ?? null;
      return { ruleId: planned.rule.id, condition, value: best?.value ?? null, best };
    }),
  );
}

export interface Measurement {
  readonly ruleId: string;
  readonly condition: CompiledCondition;
  readonly value: number | null;
  /** The value with the tokens that attain it. */
  readonly best: AggregateValue | null;
}

interface Decision {
  readonly before: State;
  readonly planned: PlannedRule;
  readonly history: History;
}

/** The finding at the first token of the newest batch from which on the rule holds for good. What holds for good stays
 *  so: the place is found by halving, and each half is read on from where the last one ended. */
function findingAtDecision(ruleSet: RuleSet, { before, planned, history }: Decision): Finding {
  const { activations } = history;
  let open = { meters: before.meters, taken: 0 };
  let decided = activations.tokens.length;
  const readTo = (to: number) => {
    const state = { plan: before.plan, meters: open.meters };
    return advanceMeters(state, activations, { from: open.taken, to, only: planned.meterOf });
  };
  while (decided - open.taken > 1) {
    const middle = open.taken + Math.floor((decided - open.taken) / 2);
    const meters = readTo(middle);
    if (holdsForGood(planned, meters)) decided = middle;
    else open = { meters, taken: middle };
  }
  const tokens = before.tokens + decided;
  const { segment, fields } = before;
  const evidence = { planned, segment, fields, meters: readTo(decided), tokens, history };
  return createFinding(compiledOf(ruleSet), evidence);
}

interface Stretch {
  /** Tokens of the batch, [from, to). */
  readonly from: number;
  readonly to: number;
  /** The meters that count; the others stay as they are. Default: all. */
  readonly only?: readonly number[];
}

function advanceMeters(
  state: Pick<State, 'plan' | 'meters'>,
  activations: Activations,
  { from, to, only }: Stretch,
): MeterState[] {
  const { tokens } = activations;
  const isWhole = from === 0 && to === tokens.length;
  const spans = isWhole ? tokens : tokens.slice(from, to);
  const read = (reading: Parameters<typeof valuesOf>[0]) => {
    const values = valuesOf(reading, activations);
    return isWhole ? values : values.subarray(from, to);
  };
  return state.meters.map((before, i) => {
    const meter = state.plan.meters[i];
    if (meter === undefined || (only !== undefined && !only.includes(i))) return before;
    const values = read(meter);
    const next = meter.measure.kind === 'pair' ? read(meter.measure.next) : values;
    const batch: Batch = { values, next, spans };
    return advanceMeter(meter, before, batch);
  });
}

function holds(planned: PlannedRule, meters: readonly MeterState[]): boolean {
  const { expression } = planned;
  if (typeof expression === 'boolean') return expression;
  return evaluateExpression(expression, (name) => meterAbove(planned, name, meters) !== undefined);
}

function holdsForGood(planned: PlannedRule, meters: readonly MeterState[]): boolean {
  const { expression } = planned;
  if (typeof expression === 'boolean') return expression;
  const outlook = (name: string): Outlook => {
    const meter = meterAbove(planned, name, meters);
    return meter !== undefined && cannotFall(meter) ? 'holds' : 'open';
  };
  return outlookOf(expression, outlook) === 'holds';
}

/** The meter of the condition of this name where the condition is met. */
function meterAbove(
  { rule, meterOf, conditionOf }: PlannedRule,
  name: string,
  meters: readonly MeterState[],
): MeterState | undefined {
  const i = conditionOf.get(name) ?? -1;
  const meter = meters[meterOf[i] ?? -1];
  const value = meter?.best?.value ?? Number.NEGATIVE_INFINITY;
  return value > (rule.conditions[i]?.threshold ?? Number.POSITIVE_INFINITY) ? meter : undefined;
}

function checkNext(state: State, { firstToken, signals }: Activations): void {
  checkOpen(state);
  const { segment, tokens } = state;
  if (firstToken !== tokens) {
    throw new RulesError(
      'TOKENS_OUT_OF_ORDER',
      `segment ${segment.id}: activations begin at token ${firstToken}, expected ${tokens}`,
    );
  }
  const missing = state.plan.signals.find((signal) => !signals.has(signal));
  if (missing === undefined) return;
  throw new RulesError('SIGNAL_MISSING', `segment ${segment.id}: activations lack the signal ${missing}`);
}

function checkOpen({ isFinished, segment }: State): void {
  if (isFinished) throw new RulesError('SEGMENT_FINISHED', `segment ${segment.id} has been finished before`);
}
