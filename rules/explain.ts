import type { Activations, ReadableView, Role, SignalId, TokenSpan } from '../detectors/index.ts';
import { type CompiledCondition, type CompiledRule, compiledOf } from './compiled.ts';
import { measureText } from './describe-compiled.ts';
import { fieldsOf, type Measurement, measure } from './evaluate.ts';
import { evaluateExpression, namesIn } from './expression-truth.ts';
import { weightsOf } from './finding.ts';
import { spanOf } from './history.ts';
import { valuesOf } from './meters/meter.ts';
import { didYouMean } from './nearest.ts';
import { type Bench, type BenchReading, readSegment } from './read-segment.ts';
import { shareFeatures } from './shares.ts';
import { segmentOfText } from './test-segments.ts';
import type { ConditionResult, FeatureShare, Fields, Finding, RuleSet, RuleSummary } from './types.ts';

/** A condition of a rule in one text, met or not. */
export interface ExplainedCondition extends Omit<ConditionResult, 'value' | 'margin'> {
  /** null for a text without tokens, as are `margin` and `span`. */
  readonly value: number | null;
  /** value - threshold */
  readonly margin: number | null;
  /** The aggregate in words, with its numbers: `count above 0.5`. */
  readonly measure: string;
  readonly isMet: boolean;
  /** Whether the expression names it under a `not`; null where the expression does not name it. */
  readonly isNegated: boolean | null;
  /** The tokens that attain the value. */
  readonly span: TokenSpan | null;
  /** The signal, one value a token; less `minus` where that is given. */
  readonly perToken: readonly number[];
  /** Of a `then`: the signal that must follow, one value a token. The value is the lesser of both margins. */
  readonly next?: {
    readonly signal: SignalId;
    readonly threshold: number;
    readonly perToken: readonly number[];
  };
}

/** A condition on fields of the exchange, met or not. */
export interface ExplainedFields {
  readonly name: string;
  readonly comparison: string;
  readonly isMet: boolean;
  readonly isNegated: boolean | null;
}

/** Why a rule fired on a text, or how far it was from it. */
export interface Explanation {
  readonly rule: RuleSummary;
  readonly role: Role;
  readonly hasFired: boolean;
  /** The condition expression, and whether it holds. */
  readonly expression: { readonly text: string; readonly holds: boolean };
  readonly conditions: readonly ExplainedCondition[];
  /** Conditions on fields, and exceptions. */
  readonly fieldConditions: readonly ExplainedFields[];
  /** What the text reads without its disguise, where that is what is explained: all tokens and spans are then in it. */
  readonly view: Pick<ReadableView, 'text' | 'changes'> | null;
  readonly tokens: readonly TokenSpan[];
  /** The finding's tokens; of a rule that did not fire those of its conditions' values, which came nearest. */
  readonly firstToken: number | null;
  readonly lastToken: number | null;
  readonly span: TokenSpan | null;
  /** What each feature contributed over the span, strongest first. */
  readonly features: readonly FeatureShare[];
}

export type ExplainResult =
  | { readonly ok: true; readonly explanation: Explanation }
  | { readonly ok: false; readonly message: string };

export interface ToExplain {
  /** Name or id of a rule, which may be off. */
  readonly rule: string;
  readonly text: string;
  /** Default: the role whose segments the rule's target is. */
  readonly role?: Role;
  /** Fields of the exchange; none are known by default. */
  readonly fields?: Fields;
}

/** Explains what a rule makes of a text; the rule reads the text whoever says it, as its tests do. Of a disguised text on
 *  which the rule does not fire as it stands, what it reads without its disguise is explained.
 *  @returns the explanation, or that there is no such rule and which one may be meant */
export async function explainRule(
  bench: Bench,
  { rule: wanted, text, role, fields = {} }: ToExplain,
): Promise<ExplainResult> {
  const { compiledRules } = compiledOf(bench.ruleSet);
  const rule = compiledRules.find(({ name, id }) => name === wanted || id === wanted);
  if (rule === undefined) {
    const names = compiledRules.map(({ name }) => name);
    const meant = didYouMean(wanted, names) || `; known: ${names.join(', ') || 'none'}`;
    return { ok: false, message: `no rule has the name or id "${wanted}"${meant}` };
  }
  const segment = segmentOfText(rule, role);
  const { text: asItStands, view } = await readSegment(bench, { rules: [rule], segment, text, fields });
  const read = view === null || asItStands.findings.length > 0 ? asItStands : view;
  const conditions = explainConditions(rule, read);
  const fieldConditions = explainFields(rule, fieldsOf(read.state.segment, fields));
  const all = [...conditions, ...fieldConditions];
  const isMet = (name: string) => all.some((one) => one.name === name && one.isMet);
  const [finding] = read.findings;
  const explanation: Explanation = {
    rule: summaryOf(rule),
    role: segment.role,
    hasFired: finding !== undefined,
    expression: { text: rule.conditionText, holds: evaluateExpression(rule.expression, isMet) },
    conditions,
    fieldConditions,
    view: read === view ? { text: view.view.text, changes: view.view.changes } : null,
    tokens: read.activations.tokens,
    ...(finding === undefined ? nearestTokens(bench.ruleSet, rule, read) : tokensOf(finding)),
  };
  return { ok: true, explanation };
}

function explainConditions(rule: CompiledRule, { state, activations }: BenchReading): ExplainedCondition[] {
  const named = new Map(namesIn(rule.expression).map(({ name, isNegated }) => [name, isNegated]));
  return measure(state).map(({ condition, value, best }) => {
    const { name, signal, minus, aggregate, per, threshold, rate, rateInterval } = condition;
    return {
      name,
      signal,
      ...(minus === null ? {} : { minus }),
      aggregate,
      measure: measureText(condition.meter.measure),
      ...(per === 'exchange' ? { per } : {}),
      value,
      threshold,
      margin: value === null ? null : value - threshold,
      rate,
      rateInterval,
      isMet: value !== null && value > threshold,
      isNegated: named.get(name) ?? null,
      span: best?.span ?? null,
      perToken: [...valuesOf(condition, activations)],
      ...followed(condition, activations),
    };
  });
}

function followed({ steps }: CompiledCondition, activations: Activations): Pick<ExplainedCondition, 'next'> {
  if (steps === null) return {};
  const { reading, limit } = steps[1];
  const perToken = [...valuesOf(reading, activations)];
  return { next: { signal: reading.signal, threshold: limit.threshold, perToken } };
}

function explainFields(rule: CompiledRule, fields: Fields): ExplainedFields[] {
  const named = new Map(namesIn(rule.expression).map(({ name, isNegated }) => [name, isNegated]));
  return rule.fieldConditions.map((condition) => ({
    name: condition.name,
    comparison: condition.text,
    isMet: condition.holds(fields),
    isNegated: named.get(condition.name) ?? null,
  }));
}

type Tokens = Pick<Explanation, 'firstToken' | 'lastToken' | 'span' | 'features'>;

function tokensOf({ firstToken, lastToken, span, features }: Finding): Tokens {
  return { firstToken, lastToken, span, features };
}

/** The tokens behind the values of the conditions that would speak for a match. */
function nearestTokens(ruleSet: RuleSet, rule: CompiledRule, { state, activations }: BenchReading): Tokens {
  const named = namesIn(rule.expression).filter(({ isNegated }) => !isNegated);
  const names = new Set(named.map(({ name }) => name));
  const speaking = measure(state).filter(({ condition }) => names.has(condition.name));
  const bests = speaking.flatMap(({ best }) => (best === null ? [] : [best]));
  if (bests.length === 0) return { firstToken: null, lastToken: null, span: null, features: [] };
  const firstToken = Math.min(...bests.map((best) => best.firstToken));
  const lastToken = Math.max(...bests.map((best) => best.lastToken));
  return { firstToken, lastToken, ...sharesOver(ruleSet, speaking, { activations, firstToken, lastToken }) };
}

interface Stretch {
  readonly activations: Activations;
  readonly firstToken: number;
  readonly lastToken: number;
}

function sharesOver(ruleSet: RuleSet, speaking: readonly Measurement[], stretch: Stretch) {
  const { activations, firstToken, lastToken } = stretch;
  const history = { activations, earlier: null };
  const weights = speaking.flatMap(({ condition }) => weightsOf(condition));
  const features = shareFeatures(compiledOf(ruleSet), { weights, history, firstToken, lastToken });
  return { span: spanOf(history, firstToken, lastToken), features };
}

function summaryOf({ id, name, title, level, mode, action, target, file }: CompiledRule): RuleSummary {
  return { id, name, title, level, mode, action, target, file };
}
