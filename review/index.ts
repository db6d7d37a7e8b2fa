export { ReviewError, type ReviewErrorCode } from './review-error.ts';
export { createReviewServer } from './server.ts';
export type { ReviewServer, ReviewServerParts } from './types.ts';
export type * from './wire.ts';
