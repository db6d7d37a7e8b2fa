/** What becomes of an exchange on its way to the disk. */

import type { Level } from '../../rules/index.ts';

/** Why an exchange could not be recorded. */
export type UnrecordedReason =
  | 'disk_full'
  | 'locked'
  | 'unreachable'
  | 'read_only'
  | 'io_error'
  | 'corrupt'
  | 'too_large'
  | 'queue_full'
  | 'timeout'
  | 'closed'
  | 'error';

/** What became of one exchange. `committed` means on disk: synced, so that a power cut does not take it back.
 *  `sampled` means left out on purpose: the store is above its water mark and nothing high or critical was found. */
export type CommitOutcome =
  | { readonly outcome: 'committed'; readonly cursor: number; readonly alertIds: readonly string[] }
  | { readonly outcome: 'sampled'; readonly level: Level | null }
  | Unrecorded;

/** An exchange that the store did not take. */
export interface Unrecorded {
  readonly outcome: 'unrecorded';
  readonly reason: UnrecordedReason;
  readonly message: string;
  /** Whether it lies among the dead letters instead; where it does not, nothing holds it. */
  readonly isBuried?: boolean;
}

/** Told to listeners after an exchange is on disk. */
export interface Committed {
  readonly exchangeId: string;
  readonly cursor: number;
  /** Whether a person should read it: some finding flags or enforces. */
  readonly isFlagged: boolean;
  readonly alerts: number;
}
