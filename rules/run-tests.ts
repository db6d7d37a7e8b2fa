import type { Detector } from '../detectors/index.ts';
import { type CompiledCondition, type CompiledRule, type CompiledTest, compiledOf } from './compiled.ts';
import type { measure } from './evaluate.ts';
import { runAlertTest } from './events/run-alert-test.ts';
import { loadRules } from './load.ts';
import type { Bench } from './read-segment.ts';
import { runEventTests } from './run-event-tests.ts';
import {
  joinSeen,
  misplacedIn,
  type PlacedSpan,
  type ScoredSegment,
  scoreExchange,
  scoreSegment,
} from './score-test.ts';
import { expectationOf, nameOfTest, segmentsOfTest } from './test-segments.ts';
import type { RuleProblem, RuleSet } from './types.ts';

/** How a test ended. `known`: wrong, and said to be so; `improved`: said to be wrong, and right; `error`: not scored. */
export type TestOutcome = 'pass' | 'fail' | 'known' | 'improved' | 'error';

export interface TestMeasurement {
  readonly condition: string;
  readonly value: number | null;
  readonly threshold: number;
}

/** Where a rule fired in a test. */
export interface TestSpan {
  readonly firstToken: number;
  readonly lastToken: number;
  /** The passage of the text; empty where the test has no text. */
  readonly text: string;
}

/** Which way a condition went in the segments of a test. */
export interface ConditionSeen {
  readonly condition: string;
  readonly wasTrue: boolean;
  readonly wasFalse: boolean;
}

export interface TestResult {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly ruleId: string;
  readonly ruleName: string;
  readonly test: string;
  readonly expect: 'fire' | 'quiet';
  readonly hasFired: boolean;
  readonly outcome: TestOutcome;
  /** Each condition's highest value over the segments, the disguised ones in both readings, and its threshold. */
  readonly measurements: readonly TestMeasurement[];
  /** Where it fired, one for each segment that it fired on. */
  readonly spans: readonly TestSpan[];
  /** Of a rule that fired, as expected, elsewhere than expected: where it should have; of a test of alerts which there
   *  should have been; empty otherwise. */
  readonly misplaced: string;
  /** Conditions on signals and on fields, exceptions and filters; of a correlation the rules that it names. */
  readonly seen: readonly ConditionSeen[];
  /** Of a test of a correlation: when it fired, such as `9m (conversation one)`. */
  readonly firings?: readonly string[];
  /** Of a test of a rule's alerts: the findings that became alerts, such as `9m (caller a, 2 held back)`. */
  readonly alerts?: readonly string[];
  /** Why it was not scored; empty otherwise. */
  readonly message: string;
}

export interface TestReport {
  /** The rules load and no test failed or erred. */
  readonly ok: boolean;
  readonly problems: readonly RuleProblem[];
  readonly results: readonly TestResult[];
  readonly counts: Readonly<Record<TestOutcome, number>>;
}

export type OnTestProgress = (done: number, total: number) => void;

const AT_ONCE = 4;

/** Loads rule files and runs the tests beside the rules with the real reader.
 *  Rules that are off are tested too. */
export async function testRules(
  paths: readonly string[],
  detector: Detector,
  onProgress: OnTestProgress = () => {},
): Promise<TestReport> {
  const loaded = await loadRules(paths, detector.featureset);
  if (loaded.ok) return runRuleTests(loaded.ruleSet, detector, onProgress);
  return { ok: false, problems: loaded.problems, results: [], counts: countOutcomes([]) };
}

/** Runs the tests of a loaded rule set: those of rules in the order of files and lines, then those of correlations. */
export async function runRuleTests(
  ruleSet: RuleSet,
  detector: Detector,
  onProgress: OnTestProgress = () => {},
): Promise<TestReport> {
  const cases = compiledOf(ruleSet).compiledRules.flatMap((rule) =>
    rule.tests.map((test) => ({ rule, test })),
  );
  const results: TestResult[] = [];
  let done = 0;
  const queue = cases.entries();
  const worker = async () => {
    for (const [i, { rule, test }] of queue) {
      results[i] = await runTest({ ruleSet, detector }, rule, test);
      done += 1;
      onProgress(done, cases.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  results.push(...runEventTests(ruleSet));
  const counts = countOutcomes(results);
  return { ok: counts.fail + counts.error === 0, problems: ruleSet.warnings, results, counts };
}

async function runTest(bench: Bench, rule: CompiledRule, test: CompiledTest): Promise<TestResult> {
  const { known, file, line, column } = test;
  const expect = expectationOf(test);
  const place = { file, line, column, ruleId: rule.id, ruleName: rule.name };
  const about = { ...place, test: nameOfTest(test), expect };
  if (test.events !== undefined) return { ...about, ...alertOutcome(bench.ruleSet, rule, test) };
  try {
    const scores = await Promise.all(
      segmentsOfTest(rule, test).map((part) => scoreSegment(bench, { rule, test, part })),
    );
    const {
      spans,
      measurements: values,
      seen: ways,
    } = rule.isOfExchange ? scoreExchange(bench, rule, scores) : joinScores(scores);
    const hasFired = spans.length > 0;
    const misplaced = hasFired && expect === 'fire' ? misplacedIn(spans, test) : '';
    const isRight = hasFired === (expect === 'fire') && misplaced === '';
    const measurements = highest(rule.conditions, values);
    const seen = joinSeen(ways);
    const outcome = outcomeOf(isRight, known);
    return {
      ...about,
      hasFired,
      outcome,
      measurements,
      spans: spans.map(plain),
      misplaced,
      seen,
      message: '',
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const nothing = { hasFired: false, measurements: [], spans: [], misplaced: '', seen: [] };
    return { ...about, ...nothing, outcome: 'error', message };
  }
}

function alertOutcome(ruleSet: RuleSet, rule: CompiledRule, test: CompiledTest) {
  const { alerts, wanted } = runAlertTest(ruleSet, rule, test);
  const misplaced = wanted === null ? '' : alertTimes(wanted);
  const nothing = { measurements: [], spans: [], seen: [], message: '' };
  return {
    ...nothing,
    hasFired: alerts.length > 0,
    outcome: outcomeOf(wanted === null, undefined),
    misplaced,
    alerts,
  };
}

/** Times of alerts, for people. */
export function alertTimes(alerts: readonly string[]): string {
  return alerts.length === 0 ? 'no alert' : `alerts at ${alerts.join(', ')}`;
}

function joinScores(
  scores: readonly ScoredSegment[],
): Pick<ScoredSegment, 'spans' | 'measurements' | 'seen'> {
  return {
    spans: scores.flatMap(({ spans }) => spans),
    measurements: scores.flatMap(({ measurements }) => measurements),
    seen: scores.flatMap(({ seen }) => seen),
  };
}

function plain({ firstToken, lastToken, text }: PlacedSpan): TestSpan {
  return { firstToken, lastToken, text };
}

function outcomeOf(isRight: boolean, known: CompiledTest['known']): TestOutcome {
  if (known !== undefined) return isRight ? 'improved' : 'known';
  return isRight ? 'pass' : 'fail';
}

function highest(
  conditions: readonly CompiledCondition[],
  measurements: ReturnType<typeof measure>,
): TestMeasurement[] {
  return conditions.map((condition) => {
    const values = measurements.flatMap((one) =>
      one.condition === condition && one.value !== null ? [one.value] : [],
    );
    const value = values.length === 0 ? null : Math.max(...values);
    return { condition: condition.name, value, threshold: condition.threshold };
  });
}

function countOutcomes(results: readonly TestResult[]): Record<TestOutcome, number> {
  const counts = { pass: 0, fail: 0, known: 0, improved: 0, error: 0 };
  for (const { outcome } of results) counts[outcome] += 1;
  return counts;
}
