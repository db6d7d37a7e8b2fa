import type { Aggregate, SignalId } from '../detectors/index.ts';
import type { Expression } from './expression.ts';
import { RulesError } from './rules-error.ts';
import type { RuleTest } from './schema.ts';
import type { RuleSet, RuleSummary, SegmentRef } from './types.ts';

/** A condition with everything resolved against the featureset. */
export interface CompiledCondition {
  readonly name: string;
  readonly signal: SignalId;
  readonly aggregate: Aggregate;
  readonly threshold: number;
  readonly rate: number | null;
  readonly rateInterval: readonly [number, number] | null;
  /** Feature index to its weight in the signal; empty for a probe. */
  readonly weights: ReadonlyMap<number, number>;
}

export interface CompiledTest extends RuleTest {
  readonly line: number;
  readonly column: number;
}

export interface CompiledRule extends RuleSummary {
  readonly version: number;
  readonly tags: readonly string[];
  readonly conditions: readonly CompiledCondition[];
  readonly expression: Expression;
  /** The expression as it was written. */
  readonly conditionText: string;
  readonly tests: readonly CompiledTest[];
  readonly line: number;
  readonly column: number;
  /** Where its id and its name stand in the file's text. */
  readonly offsets: { readonly id: number; readonly name: number };
}

/** One aggregate of one signal, shared by all conditions that use it. */
export interface Meter {
  readonly signal: SignalId;
  readonly aggregate: Aggregate;
}

/** What is evaluated on segments of one target. */
export interface Plan {
  readonly rules: readonly PlannedRule[];
  readonly meters: readonly Meter[];
  readonly signals: readonly SignalId[];
}

export interface PlannedRule {
  readonly rule: CompiledRule;
  /** Index of each condition's meter. */
  readonly meterOf: readonly number[];
}

export type SegmentTarget = SegmentRef['target'];

export interface CompiledRuleSet extends RuleSet {
  readonly compiledRules: readonly CompiledRule[];
  planFor(target: SegmentTarget): Plan;
  labelOf(feature: number): string | null;
}

/** The compiled form behind the face.
 *  @throws {RulesError} NOT_COMPILED for an object that `loadRules` did not make */
export function compiledOf(ruleSet: RuleSet): CompiledRuleSet {
  if ('planFor' in ruleSet) return ruleSet as CompiledRuleSet;
  throw new RulesError('NOT_COMPILED', `rule set ${ruleSet.digest} was not made by loadRules`);
}

/** The plan for some rules: meters that several conditions share are kept once. */
export function createPlan(rules: readonly CompiledRule[]): Plan {
  const meters: Meter[] = [];
  const indexOf = new Map<string, number>();
  const meterOf = ({ signal, aggregate }: CompiledCondition): number => {
    const key = `${signal} ${aggregate.kind} ${aggregate.window}`;
    const known = indexOf.get(key);
    if (known !== undefined) return known;
    indexOf.set(key, meters.length);
    return meters.push({ signal, aggregate }) - 1;
  };
  const planned = rules.map((rule) => ({ rule, meterOf: rule.conditions.map(meterOf) }));
  const signals = [...new Set(meters.map((meter) => meter.signal))];
  return { rules: planned, meters, signals };
}
