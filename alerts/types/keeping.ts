/** What is no longer kept: by age, or because somebody asked. */

/** How full the store is. */
export interface StorePressure {
  /** Alerts that wait for a sink, counted once a sink; exchanges that wait to be scored elsewhere are none. */
  readonly outboxRows: number;
  /** Bytes in use; free space within the store's files is not counted where the database can tell. */
  readonly bytes: number;
}

/** What is older than its level is kept. */
export interface Expiry {
  /** `rank` is that of the strongest finding, null where nothing was flagged; `before` is ISO 8601. */
  readonly cutoffs: readonly { readonly rank: number | null; readonly before: string }[];
  /** At most so many of each level at once. */
  readonly limit: number;
}

/** Exchanges that nothing flagged, where too many came after them. */
export interface Crowding {
  /** Up to this one they go: the newest that too many came after. */
  readonly upTo: number;
  /** At most so many at once. */
  readonly limit: number;
}

/** What retention removed of one level. */
export interface Expired {
  readonly rank: number | null;
  readonly removed: number;
  readonly hasMore: boolean;
}

/** Whose exchanges are erased. */
export interface EraseSelection {
  readonly by: 'subject' | 'conversation' | 'exchange';
  readonly value: string;
}

/** Rows that an erasure removed. */
export interface ErasedCounts {
  readonly exchanges: number;
  readonly coverage: number;
  readonly segments: number;
  readonly findings: number;
  readonly reviews: number;
  readonly outbox: number;
  readonly deadLetters: number;
  /** Exchanges that waited to be scored elsewhere. */
  readonly unscored: number;
}

/** How an erasure made sure. `bytes`: pieces of the removed texts, and ids, were looked for in every byte of the store's files,
 *  before and after. `rows`: the tables were searched. */
export interface ErasureScan {
  readonly kind: 'bytes' | 'rows';
  /** Files or tables. */
  readonly where: readonly string[];
  /** Pieces, or rows, that were looked for. */
  readonly needles: number;
  readonly foundBefore: number;
  readonly foundAfter: number;
  /** Pieces that stay because a text of somebody else has the same words. */
  readonly shared: number;
}

/** The proof of what an erasure removed. */
export interface Erasure {
  readonly selection: EraseSelection;
  readonly removed: ErasedCounts;
  readonly exchangeIds: readonly string[];
  readonly alertIds: readonly string[];
  readonly scan: ErasureScan;
  /** Where copies may be that an erasure within the store does not reach. */
  readonly notReached: readonly string[];
}
