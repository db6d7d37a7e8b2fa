import type { SignalId } from '../detectors/index.ts';
import type { CompiledCorrelation } from './events/compile-correlations.ts';
import type { CompiledAlert } from './events/group-alerts.ts';
import type { Expression } from './expression.ts';
import type { FieldCondition } from './fields/compile-fields.ts';
import type { Fields } from './fields/fields.ts';
import type { Meter } from './meters/types.ts';
import type { ResolvedReading } from './resolve-reading.ts';
import type { ResolvedThreshold } from './resolve-threshold.ts';
import { RulesError } from './rules-error.ts';
import type { RuleTest } from './schema.ts';
import type { ConditionAggregate, RuleSet, RuleSummary, SegmentRef } from './types.ts';

/** A condition on a signal with everything resolved against the featureset. */
export interface CompiledCondition {
  readonly name: string;
  readonly signal: SignalId;
  /** Taken off the signal, token by token. */
  readonly minus: SignalId | null;
  readonly aggregate: ConditionAggregate;
  /** What gives its value; it is met where that is above the threshold. */
  readonly meter: Meter;
  /** Whether its value is one segment's, or that of all segments of the exchange that the rule reads. */
  readonly per: 'segment' | 'exchange';
  /** All signals that it reads. */
  readonly signals: readonly SignalId[];
  readonly threshold: number;
  readonly rate: number | null;
  readonly rateInterval: readonly [number, number] | null;
  /** Feature index to its weight in the reading; empty for a probe. */
  readonly weights: ReadonlyMap<number, number>;
  /** The two steps of a `then`. */
  readonly steps: readonly [Step, Step] | null;
}

export interface Step {
  readonly reading: Pick<ResolvedReading, 'signal' | 'minus' | 'weights'>;
  readonly limit: ResolvedThreshold;
}

export interface CompiledTest extends RuleTest {
  /** Where it is written: a test may be added by another file than the rule's. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface CompiledRule extends RuleSummary {
  readonly version: number;
  readonly tags: readonly string[];
  readonly conditions: readonly CompiledCondition[];
  /** Conditions on fields, and the rule's exceptions. */
  readonly fieldConditions: readonly FieldCondition[];
  readonly expression: Expression;
  /** Some condition is over the whole exchange: no segment alone decides, see `judgeExchange`. */
  readonly isOfExchange: boolean;
  /** The expression as it was written. */
  readonly conditionText: string;
  readonly alert: CompiledAlert | null;
  readonly tests: readonly CompiledTest[];
  readonly line: number;
  readonly column: number;
  /** The same rule with the thresholds of a route, for routes whose own traffic gave it others. */
  readonly onRoutes: ReadonlyMap<string, CompiledRule>;
  /** Where its id and its name stand in the file's text. */
  readonly offsets: { readonly id: number; readonly name: number };
}

/** What is evaluated on segments of one target. */
export interface Plan {
  readonly rules: readonly PlannedRule[];
  /** Those of them that the segment alone decides. */
  readonly judged: readonly PlannedRule[];
  readonly meters: readonly Meter[];
  readonly signals: readonly SignalId[];
  /** For each meter those of the judged rules that use it. */
  readonly rulesOf: readonly (readonly PlannedRule[])[];
}

export interface PlannedRule {
  readonly rule: CompiledRule;
  /** What is left of the rule's expression once the fields are known: of conditions on signals alone. */
  readonly expression: Expression | boolean;
  /** Index of each condition's meter. */
  readonly meterOf: readonly number[];
  /** Index of a condition by its name. */
  readonly conditionOf: ReadonlyMap<string, number>;
}

export type SegmentTarget = SegmentRef['target'];

export interface CompiledRuleSet extends RuleSet {
  readonly compiledRules: readonly CompiledRule[];
  /** For the id of a rule or a correlation: the correlations that take its findings as events. */
  correlationsOn(ruleId: string): readonly CompiledCorrelation[];
  readonly compiledCorrelations: readonly CompiledCorrelation[];
  /** How the findings of a rule or a correlation are grouped into alerts. */
  alertOf(ruleId: string): CompiledAlert | null;
  /** The rules on a target that can fire where the fields are as given. */
  planFor(target: SegmentTarget, fields: Fields): Plan;
  labelOf(feature: number): string | null;
}

/** The compiled form behind the face.
 *  @throws {RulesError} NOT_COMPILED for an object that `loadRules` did not make */
export function compiledOf(ruleSet: RuleSet): CompiledRuleSet {
  if ('planFor' in ruleSet) return ruleSet as CompiledRuleSet;
  throw new RulesError('NOT_COMPILED', `rule set ${ruleSet.digest} was not made by loadRules`);
}
