import type { UnscannedReason } from '../../../alerts/index.ts';
import { addWords, type Collected, holdsText } from '../collected.ts';
import { isIdentifier } from '../identifier.ts';
import { isObject } from '../json-values.ts';
import type { Place } from '../place.ts';
import { toolName } from '../tool-name.ts';
import { textWithin } from './text-within.ts';

/** Parts that carry a medium, with the reason that they are not scanned. */
const MEDIA: Readonly<Record<string, UnscannedReason>> = {
  image_url: 'image',
  image: 'image',
  input_image: 'image',
  input_audio: 'audio',
  audio: 'audio',
  file: 'file',
  input_file: 'file',
  document: 'file',
};
/** Parts whose text stands under a key that is not the part's own name. */
const TEXT_KEYS: Readonly<Record<string, string>> = {
  text: 'text',
  input_text: 'text',
  output_text: 'text',
  refusal: 'refusal',
};
const KNOWN_NESTED = new Set(['thinking', 'reasoning', 'reference']);

/** The content of a message: a string or parts. */
export function readContent(content: unknown, place: Place, into: Collected): void {
  if (typeof content === 'string') addWords(content, place, into);
  else if (Array.isArray(content)) {
    for (const [index, part] of content.entries()) readPart(part, place.at(index), into);
  } else textWithin(content, place, into);
}

function readPart(part: unknown, place: Place, into: Collected): void {
  if (part === null || typeof part !== 'object') {
    textWithin(part, place, into);
    return;
  }
  const { type } = part as { type?: unknown };
  const name = typeof type === 'string' ? type : '';
  const key = TEXT_KEYS[name];
  const text = key === undefined ? undefined : (part as Record<string, unknown>)[key];
  if (key !== undefined && typeof text === 'string') {
    addWords(text, place.at(key), into);
    textWithin({ ...part, [key]: '' }, place, into);
  } else if (KNOWN_NESTED.has(name) || (Object.hasOwn(MEDIA, name) && holdsText(part))) {
    textWithin(part, place, into);
  } else {
    const reason = Object.hasOwn(MEDIA, name) ? (MEDIA[name] ?? 'unknown_part') : 'unknown_part';
    into.unread.push({ ref: place.ref(), reason, bytes: Buffer.byteLength(JSON.stringify(part)) });
  }
}

/** The arguments of calls that a message asks for, current and legacy. A name that is no name is text. */
export function readToolCalls(calls: unknown, place: Place, into: Collected): void {
  if (!Array.isArray(calls)) {
    textWithin(calls, place.as('tool_call'), into);
    return;
  }
  for (const [index, call] of calls.entries()) {
    const at = place.at(index).as('tool_call').of(calledTool(call));
    const { function: named, custom, ...rest } = isObject(call) ? call : {};
    readCall(named, at.at('function'), into);
    readCall(custom, at.at('custom'), into);
    textWithin(isObject(call) ? rest : call, at, into);
  }
}

/** One call: `{name, arguments}` or `{name, input}`. */
export function readCall(call: unknown, place: Place, into: Collected): void {
  if (!isObject(call)) {
    textWithin(call, place, into);
    return;
  }
  const { name, ...rest } = call;
  const at = place.of(toolName(name));
  readName(name, at.at('name'), into);
  textWithin(rest, at, into);
}

/** A name that is no name is text. */
export function readName(name: unknown, place: Place, into: Collected): void {
  if (typeof name !== 'string' || !isIdentifier(name)) textWithin(name, place, into);
}

/** The tool that an item of `tool_calls` calls. */
export function calledTool(call: unknown): string | undefined {
  const { function: named, custom } = isObject(call) ? call : {};
  const names = [named, custom].map((one) => toolName(isObject(one) ? one['name'] : undefined));
  return names.find((name) => name !== undefined);
}
