export { type ActingRule, actingRules, isActing } from './acting.ts';
export {
  type Backtest,
  type BacktestedRow,
  type BacktestFigures,
  type BacktestReport,
  type BacktestRow,
  createBacktest,
  type RuleFigures,
} from './backtest.ts';
export { type CheckResult, checkRules } from './check.ts';
export { advance, beginSegment, fieldsOf, finish, type SegmentOptions } from './evaluate.ts';
export {
  carryEvents,
  countGroups,
  type EventStateJson,
  exportEvents,
  type ImportResult,
  importEvents,
} from './events/event-state-json.ts';
export { beginEvents, observeEvents, passTime } from './events/observe.ts';
export type { EventFields, EventState, EventStep, Observed } from './events/types.ts';
export { nextDue } from './events/waiting.ts';
export { type ExchangePart, judgeExchange } from './exchange/judge-exchange.ts';
export {
  type ExplainedCondition,
  type ExplainedFields,
  type ExplainResult,
  type Explanation,
  explainRule,
  type ToExplain,
} from './explain.ts';
export { type FormatOptions, formatProblems } from './format-problems.ts';
export { formatTestReport } from './format-tests.ts';
export { inShadow } from './in-shadow.ts';
export { joinReadings, type TextReading, type ViewReading } from './join-readings.ts';
export { isJoined, joinedRefOf, toldOnce } from './joined-parts.ts';
export { createRuleJsonSchema, createSchemaText, type JsonSchema } from './json-schema.ts';
export { knownQuiet, noteQuiet } from './known-quiet.ts';
export { loadRules } from './load.ts';
export { type Promised, type PromisesSeen, promisesOf, promisesSeen } from './promises.ts';
export { isCalibratable } from './rate-subject.ts';
export type { Bench } from './read-segment.ts';
export { RulesError, type RulesErrorCode } from './rules-error.ts';
export {
  type ConditionSeen,
  type OnTestProgress,
  runRuleTests,
  type TestMeasurement,
  type TestOutcome,
  type TestReport,
  type TestResult,
  type TestSpan,
  testRules,
} from './run-tests.ts';
export { segmentRefSchema } from './segment-ref-schema.ts';
export { createStretchFinder, type StretchFinder } from './stretches.ts';
export { type TextAround, textAround } from './text-around.ts';
export * from './tools.ts';
export type * from './types.ts';
export { ENGINE_VERSION } from './version-range.ts';
export { createRuleWatcher, type RuleWatcher, type RuleWatcherParts } from './watch.ts';
