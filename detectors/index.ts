export {
  type AggregateState,
  type AggregateValue,
  advanceAggregate,
  aggregateOf,
  startAggregate,
} from './aggregate.ts';
export { aggregateSchema } from './aggregate-schema.ts';
export { type Calibration, rarityOn, segmentsFor, thresholdFor, wilson } from './calibration.ts';
export { type Crowd, createCrowd } from './crowd.ts';
export { createDetector } from './detector.ts';
export { DetectorError, type DetectorErrorCode } from './detector-error.ts';
export type { Computed, KeptActivations } from './kept/kept-activations.ts';
export { createKeptReader, type KeptReader } from './kept/kept-reader.ts';
export { packActivations, probesIn } from './kept/pack-activations.ts';
export { unpackActivations } from './kept/unpack-activations.ts';
export { LANGUAGE_CHARS, type LanguageOf, loadLanguages } from './language.ts';
export {
  auroc,
  averagePrecision,
  countClasses,
  metricsAt,
  recallAtFpr,
  type ScoredLabel,
  type ThresholdMetrics,
} from './metrics.ts';
export { openFeatureset } from './open-featureset.ts';
export { roleSchema } from './role-schema.ts';
export type * from './types.ts';
