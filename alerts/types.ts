/** The words of the alerts' face. What leaves the process leaves through the outbox. */

export type * from './types/commit.ts';
export type * from './types/exchange.ts';
export type * from './types/keeping.ts';
export type * from './types/ledger.ts';
export type * from './types/outbox.ts';
export type * from './types/review.ts';
export type * from './types/silence.ts';
export type * from './types/sink.ts';
export type * from './types/unscored.ts';
