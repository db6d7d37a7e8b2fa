import type { EncodePlan } from '../encode-plan.ts';
import type { ReaderJob, ReaderOutcome } from './reader-job.ts';

/** What the pool says to a worker. A plan is sent before the first batch that needs it. */
export type ToWorker =
  | { readonly kind: 'plan'; readonly plan: EncodePlan }
  | { readonly kind: 'run'; readonly jobs: readonly ReaderJob[] };

/** What a worker says: once that it is ready or why it cannot be, then one answer a batch. */
export type FromWorker =
  | { readonly kind: 'ready'; readonly isRunLengthExact: boolean }
  | { readonly kind: 'unfit'; readonly code: string; readonly message: string }
  | { readonly kind: 'done'; readonly outcomes: readonly ReaderOutcome[] };
