import { type CompiledRuleSet, compiledOf } from './compiled.ts';
import type { CompiledCorrelation, CompiledEventTest } from './events/compile-correlations.ts';
import { allOn, firingText, playEvents, wrongFirings } from './events/run-event-test.ts';
import type { ConditionSeen, TestResult } from './run-tests.ts';
import type { RuleSet } from './types.ts';

/** Runs the tests of all correlations, in the order of files and lines. No reader is asked. */
export function runEventTests(ruleSet: RuleSet): readonly TestResult[] {
  const on = allOn(ruleSet);
  return compiledOf(ruleSet).compiledCorrelations.flatMap((correlation) =>
    correlation.tests.map((test) => runEventTest(on, correlation, test)),
  );
}

function runEventTest(
  ruleSet: RuleSet,
  correlation: CompiledCorrelation,
  test: CompiledEventTest,
): TestResult {
  const { file, line, column, name } = test;
  const { firings, came } = playEvents(ruleSet, correlation, test);
  const expect = test.expect === 'quiet' ? 'quiet' : 'fire';
  const hasFired = firings.length > 0;
  const misplaced = wrongFirings(firings, test);
  const isRight = hasFired === (expect === 'fire') && misplaced === '';
  return {
    file,
    line,
    column,
    ruleId: correlation.id,
    ruleName: correlation.name,
    test: name,
    expect,
    hasFired,
    outcome: isRight ? 'pass' : 'fail',
    measurements: [],
    spans: [],
    misplaced,
    seen: seenIn(compiledOf(ruleSet), correlation, came),
    message: '',
    firings: firings.map(firingText),
  };
}

function seenIn(
  rules: CompiledRuleSet,
  correlation: CompiledCorrelation,
  came: ReadonlySet<string>,
): ConditionSeen[] {
  return partsOf(rules, correlation).map(({ name, ruleId }) => {
    return { condition: name, wasTrue: came.has(ruleId), wasFalse: !came.has(ruleId) };
  });
}

/** The rules that a correlation names, as its parts are called: those of `unless` and `unless_then` with that word. */
export function partsOf(
  { compiledRules, compiledCorrelations }: CompiledRuleSet,
  { ruleIds, unless, unlessThen }: CompiledCorrelation,
): readonly { readonly name: string; readonly ruleId: string }[] {
  const all = [...compiledRules, ...compiledCorrelations];
  const named = (ids: Iterable<string>, word: string) =>
    [...new Set(ids)].map((ruleId) => ({
      ruleId,
      name: `${word}${all.find(({ id }) => id === ruleId)?.name ?? ruleId}`,
    }));
  return [
    ...named(ruleIds, ''),
    ...named(unless, 'unless '),
    ...named(unlessThen?.ruleIds ?? [], 'unless_then '),
  ];
}
