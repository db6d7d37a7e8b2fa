import type { UnscannedReason } from '../../../alerts/index.ts';
import { addData, addWords, type Collected } from '../collected.ts';
import { isTextType } from '../data-url.ts';
import { isIdentifier } from '../identifier.ts';
import { isObject, type JsonObject, jsonOf } from '../json-values.ts';
import type { Place } from '../place.ts';
import { createTextWithin } from '../text-within.ts';
import type { ToolOf } from '../tool-name.ts';
import { isWords } from '../words.ts';

/** Blocks that carry a medium, with the reason that they are not scanned. */
const MEDIA: ReadonlyMap<unknown, UnscannedReason> = new Map([
  ['image', 'image'],
  ['container_upload', 'file'],
]);
/** Blocks whose strings are all text. */
const WORDS = new Set<unknown>([
  'text',
  'thinking',
  'search_result',
  'compaction',
  'fallback',
  'tool_reference',
  'tool_addition',
  'tool_removal',
  'mcp_tool_listing',
]);

/** Keys whose values are names, numbers or sealed bytes, never words for a reader. */
const SILENT_KEYS = [
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
];

/** All strings inside a value; images and documents inside are read as such. */
export const textWithin = createTextWithin(
  { names: SILENT_KEYS, said: ['text', 'thinking'] },
  (value, place, into) => {
    const isOwn = value['type'] === 'document' || MEDIA.has(value['type']);
    if (isOwn) readBlock(value, place, into);
    return isOwn;
  },
);

/** The content of a message, of the system prompt or of a tool's result: a string or blocks.
 *  @param toolOf - the tool that a block calls, or whose result it is */
export function readContent(
  content: unknown,
  place: Place,
  { into, toolOf }: { readonly into: Collected; readonly toolOf?: ToolOf },
): void {
  if (typeof content === 'string') addWords(content, place, into);
  else if (!Array.isArray(content)) textWithin(content, place, into);
  else {
    for (const [index, block] of content.entries()) {
      readBlock(block, place.at(index).of(toolOf?.(block)), into);
    }
  }
}

/** One block of content. */
export function readBlock(block: unknown, place: Place, into: Collected): void {
  if (isObject(block)) readKnown(block, place, into);
  else textWithin(block, place, into);
}

function readKnown(block: JsonObject, place: Place, into: Collected): void {
  const { type } = block;
  if (type === 'document') readDocument(block, place, into);
  else if (isCall(block)) readCall(block, place, into);
  else if (type === 'tool_result') readResult(block, place, into);
  else if (WORDS.has(type) || isResult(block)) textWithin(block, place, into);
  else if (type === 'redacted_thinking') readSealed(block, place, into);
  else skip(block, place, into, MEDIA.get(type) ?? 'unknown_part');
}

/** Not even the one who sends it can read what is sealed. */
function readSealed({ data, ...rest }: JsonObject, place: Place, into: Collected): void {
  textWithin(typeof data === 'string' && !isWords(data) ? rest : { data, ...rest }, place, into);
}

/** `tool_use`, `server_tool_use`, `mcp_tool_use`. */
export function isCall({ type }: JsonObject): boolean {
  return typeof type === 'string' && /^([a-z]+_)*tool_use$/.test(type);
}

/** `tool_result`, and what the tools of the upstream itself bring: `web_search_tool_result` and its like. */
export function isResult({ type }: JsonObject): boolean {
  return typeof type === 'string' && /^([a-z]+_)*tool_result$/.test(type);
}

/** A call's input is one segment, as JSON. */
function readCall({ name, input, ...rest }: JsonObject, place: Place, into: Collected): void {
  const at = place.as('tool_call');
  if (typeof name !== 'string' || !isIdentifier(name)) textWithin(name, at.at('name'), into);
  readInput(input, at.at('input'), into);
  textWithin(rest, at, into);
}

function readInput(input: unknown, place: Place, into: Collected): void {
  if (input === undefined || input === null) return;
  const text = typeof input === 'string' ? input : jsonOf(input);
  if (text === null) into.unread.push({ ref: place.ref(), reason: 'depth', bytes: 0 });
  else addWords(text, place, into);
}

/** What has content of its own: the result of a tool, a document of blocks. */
function readResult({ content, ...rest }: JsonObject, place: Place, into: Collected): void {
  readContent(content, place.at('content'), { into });
  textWithin(rest, place, into);
}

/** A text may come as base64 like a file. */
function readTextData({ media_type, data, ...rest }: JsonObject, place: Place, into: Collected): boolean {
  if (typeof media_type !== 'string' || typeof data !== 'string' || !isTextType(media_type)) return false;
  addData({ mimeType: media_type, charset: 'utf-8', base64: data }, place.at('data'), into);
  textWithin(rest, place, into);
  return true;
}

/** Title and context are text; the source is, where it is not a file. */
function readDocument({ source, ...rest }: JsonObject, place: Place, into: Collected): void {
  const at = place.at('source');
  textWithin(rest, place, into);
  if (!isObject(source) || source['type'] === 'text') textWithin(source, at, into);
  else if (source['type'] === 'content') readResult(source, at, into);
  else if (!readTextData(source, at, into)) skip(source, at, into, 'file');
}

function skip(value: JsonObject, place: Place, into: Collected, reason: UnscannedReason): void {
  into.unread.push({ ref: place.ref(), reason, bytes: Buffer.byteLength(jsonOf(value) ?? '') });
}
