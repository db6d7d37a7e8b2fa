import type { AggregateState } from '../detectors/index.ts';
import type { CompiledCondition, CompiledRuleSet, PlannedRule } from './compiled.ts';
import { namesIn } from './expression-truth.ts';
import type { Fields } from './fields/fields.ts';
import { type History, spanOf } from './history.ts';
import { shareFeatures } from './shares.ts';
import type { ConditionResult, FieldMatch, Finding, SegmentRef } from './types.ts';

export interface Evidence {
  readonly planned: PlannedRule;
  readonly segment: SegmentRef;
  readonly fields: Fields;
  /** The plan's meters at the moment that is told of. */
  readonly meters: readonly AggregateState[];
  /** Tokens that the meters have seen; more may be in the history. */
  readonly tokens: number;
  readonly history: History | null;
}

interface Met {
  readonly condition: CompiledCondition;
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
    conditions: met.map(resultOf),
    features: shareFeatures(ruleSet, {
      weights: met.map(({ condition }) => condition.weights),
      history,
      firstToken,
      lastToken,
    }),
    ...(fields.length === 0 ? {} : { fields }),
  };
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

function metConditions({ planned, meters }: Evidence): Met[] {
  const named = namesIn(planned.rule.expression).filter(({ isNegated }) => !isNegated);
  const names = new Set(named.map(({ name }) => name));
  return planned.rule.conditions.flatMap((condition, i) => {
    const meter = meters[planned.meterOf[i] ?? -1];
    const value = meter?.best?.value ?? Number.NEGATIVE_INFINITY;
    if (meter === undefined || !names.has(condition.name) || value <= condition.threshold) return [];
    return [{ condition, value, ...tokensBehind(meter, condition.threshold) }];
  });
}

/** The tokens that attain the value; for a `top_k_mean` all from the first to the last of the k above the threshold. */
function tokensBehind(meter: AggregateState, threshold: number): { first: number; last: number } {
  const { best, kept, aggregate } = meter;
  if (aggregate.kind !== 'top_k_mean') return { first: best?.firstToken ?? 0, last: best?.lastToken ?? 0 };
  const tokens = kept.filter(({ value }) => value > threshold).map(({ token }) => token);
  return { first: Math.min(...tokens), last: Math.max(...tokens) };
}

function resultOf({ condition, value }: Met): ConditionResult {
  const { name, signal, aggregate, threshold, rate, rateInterval } = condition;
  return { name, signal, aggregate, value, threshold, margin: value - threshold, rate, rateInterval };
}
