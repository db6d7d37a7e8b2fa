import { type CompiledRule, compiledOf } from './compiled.ts';
import type { CompiledCorrelation } from './events/compile-correlations.ts';
import { namesIn } from './expression-truth.ts';
import { partsOf } from './run-event-tests.ts';
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
  /** Those that the rule's expression names, in its order: on signals and fields, of macros, exceptions and filters. Of a
   *  correlation: whether events of the rules that it names came. */
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

/** Which rules, correlations and conditions the tests have seen hold and fail. */
export function coverageOf(ruleSet: RuleSet, { results }: TestReport): CoverageReport {
  const compiled = compiledOf(ruleSet);
  // Of alerts the findings are made up: such a test has seen no condition.
  const scored = results.filter(({ outcome, alerts }) => outcome !== 'error' && alerts === undefined);
  const rules = [
    ...compiled.compiledRules.map((rule) => {
      const names = new Set(namesIn(rule.expression).map(({ name }) => name));
      return coverageOfRule(rule, [...names], scored);
    }),
    ...compiled.compiledCorrelations.map((correlation) => {
      const names = partsOf(compiled, correlation).map(({ name }) => name);
      return coverageOfRule(correlation, names, scored);
    }),
  ];
  const all = rules.flatMap(({ rule, conditions }) => [rule, ...conditions]);
  const both = all.filter(({ whenTrue, whenFalse }) => whenTrue > 0 && whenFalse > 0);
  return { isComplete: both.length === all.length, seenBothWays: both.length, total: all.length, rules };
}

type Covered = Pick<CompiledRule | CompiledCorrelation, 'id' | 'name' | 'file' | 'line'>;

function coverageOfRule(
  { id, name, file, line }: Covered,
  names: readonly string[],
  scored: TestReport['results'],
): RuleCoverage {
  const own = scored.filter(({ ruleId }) => ruleId === id);
  const conditions = names.map((condition) => {
    const ways = own.flatMap(({ seen }) => seen.filter((one) => one.condition === condition));
    return {
      name: condition,
      whenTrue: ways.filter(({ wasTrue }) => wasTrue).length,
      whenFalse: ways.filter(({ wasFalse }) => wasFalse).length,
    };
  });
  const whenTrue = own.filter(({ hasFired }) => hasFired).length;
  const rule = { name, whenTrue, whenFalse: own.length - whenTrue };
  return { ruleId: id, ruleName: name, file, line, tests: own.length, rule, conditions };
}
