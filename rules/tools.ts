export { type CoverageReport, coverageOf, type RuleCoverage, type Seen } from './coverage.ts';
export {
  type DiffResult,
  diffRules,
  type FieldChange,
  type RuleChange,
  type RuleDiff,
  type Weight,
} from './diff-rules.ts';
export { type FormatResult, type FormattedFile, formatRules } from './format-rules.ts';
export type { Chance } from './init/chance-of-choice.ts';
export type { ChosenSignal } from './init/choose-signals.ts';
export {
  type Compared,
  type Proposal,
  type ProposeResult,
  proposeRule,
  type ToPropose,
} from './init/propose-rule.ts';
export { junitText } from './junit.ts';
export {
  type CalibrationLearner,
  createCalibrationLearner,
  type Learned,
  learnable,
} from './learn-calibration.ts';
export type { OwnCalibration } from './own-calibration.ts';
export { CALIBRATION_SUFFIX } from './read-files.ts';
export { type RecordResult, recordText, type ToRecord } from './record-text.ts';
export type { CorrelationReplay } from './replay/correlation-tally.ts';
export { createEventReplay, type EventReplay, type ReplayedEvents } from './replay/event-replay.ts';
export {
  type ExchangeHead,
  exchangeOf,
  type FiredRule,
  headFields,
  headOf,
  type ParsedHead,
  type ReadExchange,
  type ReadingAbout,
  type ReadSegment,
  readingAbout,
} from './replay/exchange-head.ts';
export {
  decodeExchange,
  encodeExchange,
  type KeptExchange,
  type KeptReading,
  type KeptSegment,
} from './replay/kept-exchange.ts';
export { createKeptLearner, type KeptLearner, type KeptLeftOut } from './replay/kept-learner.ts';
export type { Proportion } from './replay/proportion.ts';
export {
  createReplayTally,
  type ReplayReport,
  type ReplayTally,
  type RuleReplay,
} from './replay/replay-tally.ts';
export {
  createReplayer,
  type JudgedExchange,
  type OpenedExchange,
  type OpenedReading,
  type OpenedSegment,
  type Replayer,
  type Unjudged,
  type UnpackedReading,
} from './replay/replayer.ts';
export type { ReviewedAs, ReviewedFigures } from './replay/reviewed-figures.ts';
export { type RouteUse, routeUses } from './route-uses.ts';
export { calibrationText, loadToLearn, type NewCalibration, tryCalibration } from './try-calibration.ts';
