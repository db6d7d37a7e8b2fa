import { isObject, parsed } from '../dialects/json-values.ts';
import { type EventText, isAmong, type Repeating } from '../dialects/stream-places.ts';
import { locateValue, replaceRanges } from '../reading/json-source.ts';
import {
  type Edit,
  echoEdits,
  echoEditsAt,
  outermost,
  redactValue,
  type SegmentRedaction,
  valueAt,
} from '../redaction/redact-body.ts';
import { redactJson } from '../redaction/redact-json.ts';
import { redactText } from '../redaction/redact-text.ts';
import type { HeldEvent, HeldPiece } from './held-event.ts';

export interface RewriteParts {
  readonly replacement: string;
  /** By segment. */
  readonly redactions: ReadonlyMap<string, SegmentRedaction>;
  /** Segments of which the redacted whole has gone out in an earlier piece. */
  readonly given: Set<string>;
  /** What of a segment's pieces has not gone out, joined as it was written; this event's included. */
  readonly joined: (id: string) => string;
}

/** Whether something of an event is to be taken out. */
export function isTouched(
  { pieces, texts, repeating }: HeldEvent,
  { redactions }: Pick<RewriteParts, 'redactions'>,
): boolean {
  const touches = (piece: HeldPiece) => isHit(piece, redactions.get(piece.ref.id));
  return (
    pieces.some(touches) ||
    texts.some(({ id }) => redactions.has(id)) ||
    repeating.some((one) => repeats(one, redactions))
  );
}

/** Whether what is to be taken out may stand in an object once more. */
function repeats({ id }: Repeating, redactions: RewriteParts['redactions']): boolean {
  return [...redactions.keys()].some((redacted) => isAmong(redacted, [id]));
}

/** An event's data with what is to go taken out, so that the pieces joined are the redacted text; all else stays as it
 *  was written. Null where something to be taken out was not found in it. */
export function rewriteEvent(event: HeldEvent, parts: RewriteParts): string | null {
  const { data, texts } = event;
  const body = parsed(data);
  if (!isObject(body)) return null;
  const left = event.pieces.filter((piece) => isHit(piece, parts.redactions.get(piece.ref.id)));
  const open = [...event.pieces];
  const edits: Edit[] = [];
  for (const text of texts) {
    const redaction = parts.redactions.get(text.id);
    const range = redaction === undefined ? null : locateValue(data, text.keys);
    if (redaction === undefined || range === null) continue;
    const value = valueAt(body, text.keys);
    const at = open.findIndex((piece) => piece.ref.id === text.id);
    const [piece] = at === -1 ? [] : open.splice(at, 1);
    const raw = data.slice(range.start, range.end);
    const fresh = freshText({ raw, value, text, redaction, piece }, parts);
    if (fresh === null) return null;
    if (piece !== undefined && left.includes(piece)) left.splice(left.indexOf(piece), 1);
    if (fresh !== raw) edits.push({ ...range, text: fresh }, ...echoEdits(data, body, text.keys));
  }
  if (left.length > 0) return null;
  for (const one of event.repeating) {
    if (repeats(one, parts.redactions)) edits.push(...echoEditsAt(data, body, one.keys));
  }
  return replaceRanges(data, outermost(edits));
}

interface OneText {
  readonly raw: string;
  readonly value: unknown;
  readonly text: EventText;
  readonly redaction: SegmentRedaction;
  readonly piece: HeldPiece | undefined;
}

function freshText(one: OneText, parts: RewriteParts): string | null {
  const { raw, value, text, redaction, piece } = one;
  const { replacement } = parts;
  const { ranges, ref } = redaction;
  if (text.kind === 'whole' || typeof value !== 'string') {
    return redactValue(raw, value, { redaction, replacement }) ?? redactBeginning(one, replacement);
  }
  if (ref.target === 'tool_call') return value === '' ? raw : freshCall(text.id, redaction, parts);
  if (piece === undefined) return value === '' ? raw : null;
  if (piece.text !== value) return null;
  const fresh = redactText(value, ranges, { replacement, offset: piece.from });
  return fresh === value ? raw : JSON.stringify(fresh);
}

/** What an event that only begins a text says of it; a call whose input comes in pieces has an empty one there. */
function redactBeginning({ raw, value, redaction }: OneText, replacement: string): string | null {
  if (isObject(value)) return Object.keys(value).length === 0 ? raw : null;
  if (typeof value !== 'string' || !redaction.text.startsWith(value)) return null;
  return JSON.stringify(redactText(value, redaction.ranges, { replacement }));
}

/** A call's JSON can only be written anew as a whole: it stands in the first piece that is left and says
 *  something. */
function freshCall(id: string, { text, ranges }: SegmentRedaction, parts: RewriteParts): string | null {
  if (parts.given.has(id)) return '""';
  parts.given.add(id);
  const { replacement } = parts;
  const joined = parts.joined(id);
  const json = redactJson(joined, { plain: text, ranges, replacement });
  if (json !== null) return JSON.stringify(json);
  return joined === text ? JSON.stringify(redactText(text, ranges, { replacement })) : null;
}

function isHit({ text, from }: HeldPiece, redaction: SegmentRedaction | undefined): boolean {
  return redaction?.ranges.some(({ start, end }) => start < from + text.length && end > from) ?? false;
}
