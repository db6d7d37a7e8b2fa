import type { SegmentRef } from '../../rules/index.ts';
import { KEY_SUFFIX } from '../dialects/collected.ts';
import { decodedText, inlineDataOf, plainDataOf } from '../dialects/data-url.ts';
import { describedIn, textOf } from '../dialects/descriptions.ts';
import { isObject, jsonOf } from '../dialects/json-values.ts';
import { plainJson } from '../dialects/plain-json.ts';
import { createLocator, type Key, locateValue, type Range, replaceRanges } from '../reading/json-source.ts';
import { redactJson, redactStringToken } from './redact-json.ts';
import { redactText } from './redact-text.ts';

/** What is to go of one segment. */
export interface SegmentRedaction {
  readonly ref: SegmentRef;
  /** The segment's text, in which the ranges are; merged and in order. */
  readonly text: string;
  readonly ranges: readonly Range[];
}

/** What stands in a range's place. */
export type Edit = Range & { readonly text: string };

/** Keys beside a text, or around it, that hold the same text again, cut in tokens or in sentences. */
const ECHOES = ['logprobs', 'logprobsResult', 'logprobs_result'];
/** The same one level deeper. */
const SUPPORTS = ['groundingMetadata', 'grounding_metadata'].flatMap((outer) =>
  ['groundingSupports', 'grounding_supports'].map((inner) => [outer, inner]),
);
const ECHO_PATHS: readonly (readonly string[])[] = [...ECHOES.map((name) => [name]), ...SUPPORTS];

/** The body with these stretches replaced; every byte outside of them, and of what repeats them as log-probabilities or
 *  as what a source supports, stays. Null where a segment's text stands nowhere as it was read: then it cannot be taken out.
 *  @param json - the body as it came */
export function redactBody(
  json: string,
  redactions: readonly SegmentRedaction[],
  replacement: string,
): string | null {
  const body: unknown = JSON.parse(json.charCodeAt(0) === 0xfeff ? json.slice(1) : json);
  const locate = createLocator(json);
  const edits: Edit[] = [];
  for (const redaction of redactions) {
    // A key is no value that could be written anew.
    if (redaction.ref.id.endsWith(KEY_SUFFIX)) return null;
    const keys = resolve(body, redaction.ref);
    const own =
      keys === null
        ? null
        : editsOf({ json, locate, keys, value: valueAt(body, keys), redaction, replacement });
    if (keys === null || own === null) return null;
    edits.push(...own, ...echoEdits(json, body, keys));
  }
  return replaceRanges(json, outermost(edits));
}

/** Without those that stand within others, each place once. */
export function outermost(edits: readonly Edit[]): Edit[] {
  const kept: Edit[] = [];
  for (const edit of edits.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = kept.at(-1);
    if (last === undefined || edit.start >= last.end) kept.push(edit);
  }
  return kept;
}

interface ToEdit {
  readonly json: string;
  readonly locate: (keys: readonly Key[]) => Range | null;
  readonly keys: readonly Key[];
  readonly value: unknown;
  readonly redaction: SegmentRedaction;
  readonly replacement: string;
}

function editsOf(wanted: ToEdit): Edit[] | null {
  const { json, locate, keys, value, redaction, replacement } = wanted;
  const range = locate(keys);
  if (range === null) return null;
  const raw = json.slice(range.start, range.end);
  const fresh = redactValue(raw, value, { redaction, replacement });
  if (fresh !== null) return [{ ...range, text: fresh }];
  return descriptionEdits(wanted);
}

/** A value as it is written, without what is to go; null where the segment was not read from it as a whole. */
export function redactValue(
  raw: string,
  value: unknown,
  { redaction, replacement }: Pick<ToEdit, 'redaction' | 'replacement'>,
): string | null {
  const { text: plain, ranges, ref } = redaction;
  if (typeof value !== 'string') {
    return jsonOf(value) === plain ? redactJson(raw, { plain, ranges, replacement }) : null;
  }
  if (ref.target === 'tool_call') {
    const isSame = value === plain || plainJson(value) === plain;
    const json = isSame ? redactJson(value, { plain, ranges, replacement }) : null;
    if (json !== null) return JSON.stringify(json);
  }
  if (value === plain) return redactStringToken(raw, ranges, replacement);
  return redactData(value, { redaction, replacement });
}

/** Of a data URL the text is written anew. */
function redactData(
  value: string,
  { redaction, replacement }: Pick<ToEdit, 'redaction' | 'replacement'>,
): string | null {
  const { text, ranges } = redaction;
  const fresh = redactText(text, ranges, { replacement });
  const data = inlineDataOf(value);
  if (data !== null && decodedText(data) === text) {
    const base64 = Buffer.from(fresh).toString('base64');
    return JSON.stringify(`data:${data.mimeType};charset=utf-8;base64,${base64}`);
  }
  if (plainDataOf(value) !== text) return null;
  return JSON.stringify(value.slice(0, value.indexOf(',') + 1) + encodeURIComponent(fresh));
}

/** What tools say of themselves is read as one, line by line. */
function descriptionEdits({ json, locate, keys, value, redaction, replacement }: ToEdit): Edit[] | null {
  const found = describedIn(value, keys);
  if (textOf(found) !== redaction.text) return null;
  let offset = 0;
  const edits: Edit[] = [];
  for (const { keys: at, text } of found) {
    const ranges = redaction.ranges.flatMap(({ start, end }) =>
      cut({ start, end }, { offset, length: text.length }),
    );
    offset += text.length + 1;
    if (ranges.length === 0) continue;
    const range = at === null ? null : locate(at);
    if (range === null) return null;
    edits.push({
      ...range,
      text: redactStringToken(json.slice(range.start, range.end), ranges, replacement),
    });
  }
  return edits;
}

function cut(
  { start, end }: Range,
  { offset, length }: { readonly offset: number; readonly length: number },
): Range[] {
  const within = { start: Math.max(start - offset, 0), end: Math.min(end - offset, length) };
  return within.start < within.end ? [within] : [];
}

/** What repeats whatever the text is part of. */
export function echoEdits(json: string, body: unknown, keys: readonly Key[]): Edit[] {
  return keys.flatMap((_, depth) => echoEditsAt(json, body, keys.slice(0, depth)));
}

/** What stands in one object and repeats what the object says. */
export function echoEditsAt(json: string, body: unknown, keys: readonly Key[]): Edit[] {
  if (!isObject(valueAt(body, keys))) return [];
  return ECHO_PATHS.flatMap((path) => {
    const value = valueAt(body, [...keys, ...path]) ?? null;
    const range = value === null ? null : locateValue(json, [...keys, ...path]);
    return range === null ? [] : [{ ...range, text: Array.isArray(value) ? '[]' : 'null' }];
  });
}

/** The keys of an RFC 6901 pointer. */
function keysOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** Keys as they lead through a body: of an answer's choices each is found by its number where it has one. What else has
 *  an `index` has it for itself. */
function resolve(body: unknown, { pointer, choice }: SegmentRef): Key[] | null {
  let value = body;
  const path: Key[] = [];
  for (const key of keysOf(pointer)) {
    if (!Array.isArray(value)) path.push(key);
    else path.push(choice !== null && path.length === 1 ? orderOf(value, choice) : Number(key));
    value = valueAt(value, path.slice(-1));
    if (value === undefined) return null;
  }
  return path;
}

function orderOf(choices: readonly unknown[], number: number): number {
  const order = choices.findIndex((item) => isObject(item) && item['index'] === number);
  return order === -1 ? number : order;
}

/** The value that keys lead to; undefined where there is none. */
export function valueAt(body: unknown, keys: readonly Key[]): unknown {
  let value = body;
  for (const key of keys) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<Key, unknown>)[key];
  }
  return value;
}
