import { compiledOf } from './compiled.ts';
import { namesIn } from './expression-truth.ts';
import type { TestReport } from './run-tests.ts';
import type { RuleSet } from './types.ts';

/** How often something was seen one way and the other, in tests that were scored. */
export interface Seen {
  readonly name: string;
  /** Tests in which it held in some segment. */
  readonly whenTrue: number;
  readonly whenFalse: number;
}

export interface RuleCoverage {
  readonly ruleId: string;
  readonly ruleName: string;
  readonly file: string;
  readonly line: number;
  readonly tests: number;
  /** The rule itself: fired, and kept quiet. */
  readonly rule: Seen;
  /** Those that the rule's expression names, in its order: on signals and fields, of macros, exceptions and filters. */
  readonly conditions: readonly Seen[];
}

export interface CoverageReport {
  /** Every rule and every condition was seen both ways. */
  readonly isComplete: boolean;
  readonly seenBothWays: number;
  /** Rules and conditions. */
  readonly total: number;
  readonly rules: readonly RuleCoverage[];
}

/** Which rules and conditions the tests have seen hold and fail. */
export function coverageOf(ruleSet: RuleSet, { results }: TestReport): CoverageReport {
  const scored = results.filter(({ outcome }) => outcome !== 'error');
  const rules = compiledOf(ruleSet).compiledRules.map((rule): RuleCoverage => {
    const own = scored.filter(({ ruleId }) => ruleId === rule.id);
    const names = [...new Set(namesIn(rule.expression).map(({ name }) => name))];
    const ways = (name: string) =>
      own.flatMap(({ seen }) => seen.filter(({ condition }) => condition === name));
    const conditions = names.map((name) => ({
      name,
      whenTrue: ways(name).filter(({ wasTrue }) => wasTrue).length,
      whenFalse: ways(name).filter(({ wasFalse }) => wasFalse).length,
    }));
    const whenTrue = own.filter(({ hasFired }) => hasFired).length;
    const { id: ruleId, name: ruleName, file, line } = rule;
    const itself = { name: ruleName, whenTrue, whenFalse: own.length - whenTrue };
    return { ruleId, ruleName, file, line, tests: own.length, rule: itself, conditions };
  });
  const all = rules.flatMap(({ rule, conditions }) => [rule, ...conditions]);
  const both = all.filter(({ whenTrue, whenFalse }) => whenTrue > 0 && whenFalse > 0);
  return { isComplete: both.length === all.length, seenBothWays: both.length, total: all.length, rules };
}
