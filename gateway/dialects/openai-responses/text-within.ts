import type { UnscannedReason } from '../../../alerts/index.ts';
import { type Collected, holdsText } from '../collected.ts';
import { type JsonObject, jsonOf } from '../json-values.ts';
import type { Place } from '../place.ts';
import { createTextWithin } from '../text-within.ts';

/** Keys whose values are names, numbers or sealed bytes, never words for a reader. */
const SILENT_KEYS = [
  'id',
  'type',
  'role',
  'phase',
  'model',
  'object',
  'status',
  'detail',
  'usage',
  'obfuscation',
  'encrypted_content',
  'fingerprint',
  'mime_type',
  'call_id',
  'item_id',
  'file_id',
  'first_id',
  'last_id',
  'container_id',
  'vector_store_id',
  'response_id',
  'approval_request_id',
  'caller',
  'created_by',
  'execution',
  'prompt_cache_breakpoint',
  'incomplete_details',
];

/** What carries a medium, with the reason that it is not scanned. */
export const MEDIA: ReadonlyMap<unknown, UnscannedReason> = new Map([
  ['input_image', 'image'],
  ['image', 'image'],
  ['computer_screenshot', 'image'],
  ['input_audio', 'audio'],
  ['input_file', 'file'],
]);

/** All strings inside a value, each a segment of its own; media inside are skipped as such. */
export const textWithin = createTextWithin(
  { names: SILENT_KEYS, echoes: ['logprobs'] },
  (value, place, into) => {
    const reason = holdsText(value) ? undefined : MEDIA.get(value['type']);
    if (reason !== undefined) skip(value, place, into, reason);
    return reason !== undefined;
  },
);

/** Notes a part that is not read. */
export function skip(...[value, place, into, reason]: [JsonObject, Place, Collected, UnscannedReason]): void {
  into.unread.push({ ref: place.ref(), reason, bytes: Buffer.byteLength(jsonOf(value) ?? '') });
}
