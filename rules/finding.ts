import type { CompiledCondition, CompiledRuleSet, PlannedRule, Step } from './compiled.ts';
import { namesIn } from './expression-truth.ts';
import type { Fields } from './fields/fields.ts';
import { type History, spanOf } from './history.ts';
import { tokensBehind } from './meters/meter.ts';
import type { MeterState } from './meters/types.ts';
import { shareFeatures } from './shares.ts';
import type { ConditionAggregate, ConditionResult, FieldMatch, Finding, SegmentRef } from './types.ts';

export interface Evidence {
  readonly planned: PlannedRule;
  readonly segment: SegmentRef;
  readonly fields: Fields;
  /** The plan's meters at the moment that is told of. */
  readonly meters: readonly MeterState[];
  /** Tokens that the meters have seen; more may be in the history. */
  readonly tokens: number;
  readonly history: History | null;
  /** Values of conditions over the whole exchange, by their names. */
  readonly exchange?: ReadonlyMap<string, number | null>;
}

interface Met {
  readonly condition: CompiledCondition;
  readonly meter: MeterState;
  readonly value: number;
  readonly first: number;
  readonly last: number;
}

/** Tells of a rule that matched: the conditions that are met, the tokens that met them, the features behind. */
export function createFinding(ruleSet: CompiledRuleSet, evidence: Evidence): Finding {
  const { planned, segment, history, tokens } = evidence;
  const { rule } = planned;
  const met = metConditions(evidence);
  const fields = matchedFields(evidence);
  const firstToken = met.length === 0 ? 0 : Math.min(...met.map(({ first }) => first));
  const lastToken = met.length === 0 ? tokens - 1 : Math.max(...met.map(({ last }) => last));
  return {
    ruleId: rule.id,
    ruleName: rule.name,
    ruleTitle: rule.title,
    ruleVersion: rule.version,
    ruleSetDigest: ruleSet.digest,
    level: rule.level,
    mode: rule.mode,
    action: rule.action,
    tags: rule.tags,
    segment,
    firstToken,
    lastToken,
    span: spanOf(history, firstToken, lastToken),
    conditions: met.flatMap(resultsOf),
    features: shareFeatures(ruleSet, {
      weights: met.flatMap(({ condition }) => weightsOf(condition)),
      history,
      firstToken,
      lastToken,
    }),
    ...(fields.length === 0 ? {} : { fields }),
  };
}

/** Of each reading of a condition: feature index to its weight. */
export function weightsOf({ weights, steps }: CompiledCondition): readonly ReadonlyMap<number, number>[] {
  return steps === null ? [weights] : steps.map(({ reading }) => reading.weights);
}

function matchedFields({ planned, fields }: Evidence): FieldMatch[] {
  const { fieldConditions, expression } = planned.rule;
  if (fieldConditions.length === 0) return [];
  const speaking = new Set(namesIn(expression).flatMap(({ name, isNegated }) => (isNegated ? [] : [name])));
  const met = fieldConditions.filter((condition) => speaking.has(condition.name) && condition.holds(fields));
  return met.map((condition) => ({
    name: condition.name,
    comparison: condition.text,
    values: Object.fromEntries(condition.fields.map((name) => [name, fields[name] ?? null])),
  }));
}

function metConditions({ planned, meters, exchange }: Evidence): Met[] {
  const named = namesIn(planned.rule.expression).filter(({ isNegated }) => !isNegated);
  const names = new Set(named.map(({ name }) => name));
  return planned.rule.conditions.flatMap((condition, i) => {
    const meter = meters[planned.meterOf[i] ?? -1];
    const own = meter?.best?.value ?? null;
    const value =
      (condition.per === 'exchange' ? (exchange?.get(condition.name) ?? null) : own) ??
      Number.NEGATIVE_INFINITY;
    if (meter === undefined || !names.has(condition.name) || value <= condition.threshold) return [];
    return [{ condition, meter, value, ...tokensBehind(meter, condition.threshold) }];
  });
}

function resultsOf({ condition, meter, value }: Met): ConditionResult[] {
  const { name, steps } = condition;
  if (steps === null || meter.kind !== 'pair' || meter.pair === null) {
    const { aggregate, per } = condition;
    const result = resultOf({ name, reading: condition, aggregate, value, limit: condition });
    return [per === 'exchange' ? { ...result, per } : result];
  }
  const [first, second] = meter.pair;
  const aggregate: ConditionAggregate = { kind: 'max', window: 1 };
  return [
    resultOf({ name, aggregate, value: first.value, ...steps[0] }),
    resultOf({ name: `${name}.then`, aggregate, value: second.value, ...steps[1] }),
  ];
}

interface Result extends Step {
  readonly name: string;
  readonly aggregate: ConditionAggregate;
  readonly value: number;
}

function resultOf({ name, reading, aggregate, value, limit }: Result): ConditionResult {
  const { threshold, rate, rateInterval } = limit;
  const { signal, minus } = reading;
  const about = { name, signal, ...(minus === null ? {} : { minus }), aggregate };
  return { ...about, value, threshold, margin: value - threshold, rate, rateInterval };
}
