import type { Key } from '../reading/json-source.ts';
import { pointerOf } from './place.ts';

/** A text, or a piece of one, in one event of a stream. */
export interface EventText {
  /** Of the segment that it belongs to. */
  readonly id: string;
  /** Where in the event's JSON it stands. */
  readonly keys: readonly Key[];
  /** `piece`: it continues what earlier events said of the segment; `whole`: it says all of the segment, again or at
   *  once. */
  readonly kind: 'piece' | 'whole';
}

/** What one event says, place by place. Places that hold no segment are among them. */
export interface EventPlaces {
  readonly texts: readonly EventText[];
  /** Segments of which no more will come: an id, or what is before the `/` of several. */
  readonly ended: readonly string[];
  /** Objects that may repeat what earlier events said of the segments in them. */
  readonly repeating?: readonly Repeating[];
}

export interface Repeating {
  /** What is before the `/` of the segments' ids. */
  readonly id: string;
  /** Where in the event's JSON the object stands. */
  readonly keys: readonly Key[];
}

/** Follows a streamed answer beside its reader, and says where in each event the words stand. */
export interface StreamPlaces {
  /** @param data - as the stream reader gets it */
  read(data: string): EventPlaces;
}

export const NO_PLACES: EventPlaces = { texts: [], ended: [] };

const MAX_DEPTH = 64;

/** The paths of all strings inside a value. */
export function* stringPaths(value: unknown, keys: readonly Key[] = []): Generator<readonly Key[]> {
  if (typeof value === 'string') yield keys;
  else if (value !== null && typeof value === 'object' && keys.length < MAX_DEPTH) {
    for (const [key, inner] of Object.entries(value)) {
      yield* stringPaths(inner, [...keys, Array.isArray(value) ? Number(key) : key]);
    }
  }
}

/** The id of a segment of an answer.
 *  @param keys - from the answer's root */
export function answerId(...keys: readonly Key[]): string {
  return `response${pointerOf(keys)}`;
}

/** Whether a segment is one of those that have ended. */
export function isAmong(id: string, ended: readonly string[]): boolean {
  return ended.some((one) => id === one || id.startsWith(`${one}/`));
}
