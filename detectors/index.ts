export {
  type AggregateState,
  type AggregateValue,
  advanceAggregate,
  aggregateOf,
  startAggregate,
} from './aggregate.ts';
export { createDetector } from './detector.ts';
export { DetectorError, type DetectorErrorCode } from './detector-error.ts';
export type * from './types.ts';
