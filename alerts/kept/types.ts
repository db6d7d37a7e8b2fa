/** The words of the store of kept exchanges: what rules are held against again, without text. */

/** An exchange on its way to that store. */
export interface ToKeep {
  readonly exchangeId: string;
  readonly conversationId: string;
  readonly subject: string | null;
  /** ISO 8601, UTC. */
  readonly endedAt: string;
  readonly tokens: number;
  /** As `encodeExchange` of the rules gives it; it is given away. */
  readonly data: Uint8Array<ArrayBuffer>;
}

/** An exchange as it is read again. */
export interface KeptRow {
  readonly exchangeId: string;
  readonly conversationId: string;
  readonly endedAt: string;
  readonly tokens: number;
  /** null where its bytes are damaged. */
  readonly data: Uint8Array | null;
}

/** From when to when, by the end of an exchange; ISO 8601, UTC. */
export interface KeptRange {
  /** Included. */
  readonly since?: string;
  /** Not included. */
  readonly until?: string;
}

/** Why an exchange was not kept. too_large: more than the whole store may hold; queue_full: too much waits for the disk;
 *  unavailable: the store cannot be opened. */
export type DroppedReason = 'too_large' | 'queue_full' | 'disk_full' | 'unavailable' | 'closed' | 'error';

export interface KeptStats {
  /** Exchanges kept since the start. */
  readonly kept: number;
  readonly dropped: Readonly<Partial<Record<DroppedReason, number>>>;
  /** Removed to make room for newer ones. */
  readonly evicted: number;
  /** Removed because the store of exchanges holds them no more. */
  readonly expired: number;
  /** What waits for the disk, in bytes. */
  readonly queuedBytes: number;
  /** Bytes of all that is kept; null before the store was first used. */
  readonly bytes: number | null;
  /** Sweeps that failed and are tried again. */
  readonly failures: number;
}
