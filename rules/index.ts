export { advance, beginSegment, finish } from './evaluate.ts';
export { loadRules } from './load.ts';
export { RulesError, type RulesErrorCode } from './rules-error.ts';
export type * from './types.ts';
