/** A setting that cannot hold beside the others. */
export interface Contradiction {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  /** The one that it cannot hold beside, whose value and place are told too. */
  readonly beside?: readonly PropertyKey[];
}

/** What a look at some settings comes to; false where they go together. */
export type Look = Contradiction | false;
