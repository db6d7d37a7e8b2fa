export {
  type AggregateState,
  type AggregateValue,
  advanceAggregate,
  aggregateOf,
  startAggregate,
} from './aggregate.ts';
export { type Calibration, rarityOn, segmentsFor, thresholdFor, wilson } from './calibration.ts';
export { createDetector } from './detector.ts';
export { DetectorError, type DetectorErrorCode } from './detector-error.ts';
export {
  auroc,
  averagePrecision,
  countClasses,
  metricsAt,
  recallAtFpr,
  type ScoredLabel,
  type ThresholdMetrics,
} from './metrics.ts';
export type * from './types.ts';
