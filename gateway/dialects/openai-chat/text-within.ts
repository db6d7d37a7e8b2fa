import { addText, type Collected } from '../collected.ts';
import type { Place } from '../place.ts';

/** Keys whose values are names, numbers or sealed bytes, never words for a reader. */
const SILENT_KEYS = new Set([
  'id',
  'type',
  'role',
  'index',
  'format',
  'object',
  'created',
  'model',
  'status',
  'mime_type',
  'media_type',
  'finish_reason',
  'logprobs',
  'usage',
  'system_fingerprint',
  'service_tier',
  'obfuscation',
  'signature',
  'encrypted_content',
  'cache_control',
]);
const MAX_DEPTH = 64;

/** All strings inside a value that this dialect knows nothing about, each a segment of its own: an unknown field
 *  is scanned, not passed over. */
export function textWithin(value: unknown, place: Place, into: Collected, depth = 0): void {
  if (typeof value === 'string') {
    addText(value, place, into);
  } else if (value !== null && typeof value === 'object') {
    if (depth >= MAX_DEPTH) {
      into.unread.push({ ref: place.ref(), reason: 'depth', bytes: 0 });
      return;
    }
    for (const [key, inner] of Object.entries(value)) {
      if (!SILENT_KEYS.has(key)) textWithin(inner, place.at(key), into, depth + 1);
    }
  }
}
