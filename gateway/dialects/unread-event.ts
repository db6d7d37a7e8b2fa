import type { UnreadPart } from './dialect.ts';
import type { Place } from './place.ts';

/** An event whose data is no object.
 *  @param value - what `parsed` made of the data */
export function unreadEvent(place: Place, data: string, value: unknown): UnreadPart {
  const reason = value === undefined ? 'bad_json' : 'bad_shape';
  return { ref: place.ref(), reason, bytes: Buffer.byteLength(data) };
}
