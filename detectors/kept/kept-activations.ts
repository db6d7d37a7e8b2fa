import type { SignalId, SparseActivations } from '../types.ts';

/** What was computed of a text. A signal that is not among these, and that these do not make up, is not zero: nobody
 *  knows it. */
export interface Computed {
  /** Those that the scorer was asked for. */
  readonly signals: readonly SignalId[];
  /** Whether every feature of the dictionary was computed, not only those that the signals refer to. */
  readonly isWholeDictionary: boolean;
}

/** What is kept of a text's activations: no word of it, no token's identity and no token's length. Concepts and features
 *  are read off `features` again, to the last bit. */
export interface KeptActivations {
  readonly tokens: number;
  readonly features: SparseActivations;
  /** float32 [tokens] for each probe that was computed. */
  readonly probes: ReadonlyMap<SignalId, Float32Array>;
}
