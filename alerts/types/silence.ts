/** What people keep from the sinks for a while. */

import type { Silence } from '../routing/silences.ts';

/** A silence, and how many alerts it has held back, each counted once a sink. */
export interface CountedSilence extends Silence {
  readonly heldBack: number;
}

/** How many alerts a silence has held back, be it the store's or one of the configuration. */
export interface HeldBackCount {
  readonly id: string;
  readonly alerts: number;
}

/** Silences that people add while gateways run, in the store that the gateways share, and what every silence has held
 *  back. All reject with {AlertsError} when the store does not answer. */
export interface SilenceDesk {
  /** Those that have not ended by then, and with no time all; the latest begin first. */
  listSilences(query: { readonly endsAfter?: string }): Promise<readonly CountedSilence[]>;
  addSilence(silence: Omit<Silence, 'id'>): Promise<Silence>;
  /** Ends one now; false where none of this id holds or is to come. */
  endSilence(ending: { readonly id: string; readonly now: string }): Promise<boolean>;
  /** Adds to what is counted. */
  countHeldBack(counts: readonly HeldBackCount[]): Promise<void>;
  /** Of those that have held something back. */
  heldBack(ids: readonly string[]): Promise<readonly HeldBackCount[]>;
}
