export { type CoverageReport, coverageOf, type RuleCoverage, type Seen } from './coverage.ts';
export { junitText } from './junit.ts';
export { type RecordResult, recordText, type ToRecord } from './record-text.ts';
