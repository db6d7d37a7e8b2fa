import { addText, type Collected } from '../collected.ts';
import type { Place } from '../place.ts';

/** Keys whose values are names, numbers or sealed bytes, never words for a reader. */
const SILENT_KEYS = new Set([
  'id',
  'type',
  'role',
  'model',
  'usage',
  'stop_reason',
  'request_id',
  'tool_use_id',
  'tool_id',
  'file_id',
  'error_code',
  'media_type',
  'signature',
  'encrypted_content',
  'encrypted_index',
  'cache_control',
  'expires_at',
  'retrieved_at',
]);
const MAX_DEPTH = 64;

/** Reads an object in a way of its own, and says whether it did. */
export type ReadOwn = (value: Record<string, unknown>, place: Place, into: Collected) => boolean;

/** All strings inside a value, each a segment of its own: an unknown field is scanned, not passed over.
 *  @param readOwn - asked first for every object inside */
export function createTextWithin(readOwn: ReadOwn) {
  return function textWithin(value: unknown, place: Place, into: Collected, depth = 0): void {
    if (typeof value === 'string') {
      addText(value, place, into);
    } else if (value !== null && typeof value === 'object') {
      if (depth >= MAX_DEPTH) {
        into.unread.push({ ref: place.ref(), reason: 'depth', bytes: 0 });
        return;
      }
      if (depth > 0 && isObject(value) && readOwn(value, place, into)) return;
      for (const [key, inner] of Object.entries(value)) {
        if (!SILENT_KEYS.has(key)) textWithin(inner, place.at(key), into, depth + 1);
      }
    }
  };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
