import type { SegmentRef } from '../../rules/index.ts';
import type { EventText, Repeating } from '../dialects/stream-places.ts';

/** A piece of a segment's text, with where in the segment it begins. */
export interface HeldPiece {
  readonly ref: SegmentRef;
  readonly text: string;
  readonly from: number;
}

/** One event that waits. */
export interface HeldEvent {
  readonly data: string;
  readonly pieces: readonly HeldPiece[];
  readonly texts: readonly EventText[];
  readonly repeating: readonly Repeating[];
}

/** How far a segment must be judged before an event may go. */
export interface Mark {
  readonly id: string;
  readonly to: number;
}
