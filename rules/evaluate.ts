import {
  type Activations,
  type AggregateState,
  type AggregateValue,
  advanceAggregate,
  startAggregate,
} from '../detectors/index.ts';
import { type CompiledCondition, compiledOf, type Plan, type PlannedRule } from './compiled.ts';
import { evaluateExpression, type Outlook, outlookOf } from './expression-truth.ts';
import type { Fields } from './fields/fields.ts';
import { createFinding } from './finding.ts';
import type { History } from './history.ts';
import { RulesError } from './rules-error.ts';
import type { Advance, Finding, Finish, RuleSet, SegmentRef, SegmentState } from './types.ts';

interface State extends SegmentState {
  readonly fields: Fields;
  readonly plan: Plan;
  /** One for each meter of the plan. */
  readonly meters: readonly AggregateState[];
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
  const meters = chosen.meters.map((meter) => startAggregate(meter.aggregate));
  const fresh = { tokens: 0, fired: new Set<PlannedRule>(), history: null, isFinished: false };
  const state: State = { segment, fields, plan: chosen, meters, ...fresh };
  return state;
}

/** The fields of a segment: those of its exchange, and its own. */
export function fieldsOf({ role, target, tool }: SegmentRef, fields: Fields = {}): Fields {
  return { ...fields, role, target, tool: tool ?? fields.tool ?? null };
}

/** Takes in the next tokens of a segment. A rule matches here only if nothing that may follow could undo it:
 *  `max` and `max_rolling_mean` never fall, `top_k_mean` never falls once it has k tokens; `mean`, `not` and a
 *  `top_k_mean` of fewer tokens are left to `finish`. A finding's numbers are those at the token that decided,
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
  const matched = state.plan.rules.filter((rule) => !state.fired.has(rule) && holdsForGood(rule, meters));
  if (matched.length === 0) return { state: next, findings: [] };
  const findings = matched.map((planned) => findingAtDecision(ruleSet, { before: state, planned, history }));
  return { state: { ...next, fired: new Set([...state.fired, ...matched]) } as State, findings };
}

/** The segment has ended: decides what could not be decided before. A segment without tokens has no findings.
 *  @throws {RulesError} SEGMENT_FINISHED */
export function finish(ruleSet: RuleSet, before: SegmentState): Finish {
  const state = before as State;
  checkOpen(state);
  const { meters, tokens, history, segment, fields } = state;
  const findings: Finding[] = [];
  const settled: Finding[] = [];
  for (const planned of tokens === 0 ? [] : state.plan.rules) {
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
  { signals, tokens }: Activations,
  { from, to, only }: Stretch,
): AggregateState[] {
  const spans = tokens.slice(from, to);
  return state.meters.map((meter, i) => {
    if (only !== undefined && !only.includes(i)) return meter;
    const values = signals.get(state.plan.meters[i]?.signal ?? 'feature/-1');
    return advanceAggregate(meter, (values ?? new Float32Array(tokens.length)).subarray(from, to), spans);
  });
}

function holds({ rule, expression, meterOf }: PlannedRule, meters: readonly AggregateState[]): boolean {
  if (typeof expression === 'boolean') return expression;
  const isMet = (name: string) => {
    const i = rule.conditions.findIndex((condition) => condition.name === name);
    return isAbove(meters[meterOf[i] ?? -1], rule.conditions[i]?.threshold);
  };
  return evaluateExpression(expression, isMet);
}

function holdsForGood(
  { rule, expression, meterOf }: PlannedRule,
  meters: readonly AggregateState[],
): boolean {
  if (typeof expression === 'boolean') return expression;
  const outlook = (name: string): Outlook => {
    const i = rule.conditions.findIndex((condition) => condition.name === name);
    const meter = meters[meterOf[i] ?? -1];
    return isAbove(meter, rule.conditions[i]?.threshold) && cannotFall(meter) ? 'holds' : 'open';
  };
  return outlookOf(expression, outlook) === 'holds';
}

function isAbove(meter: AggregateState | undefined, threshold = Number.POSITIVE_INFINITY): boolean {
  return (meter?.best?.value ?? Number.NEGATIVE_INFINITY) > threshold;
}

function cannotFall(meter: AggregateState | undefined): boolean {
  switch (meter?.aggregate.kind) {
    case 'max':
    case 'max_rolling_mean':
      return true;
    case 'top_k_mean':
      return meter.tokens >= meter.aggregate.window;
    default:
      return false;
  }
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
