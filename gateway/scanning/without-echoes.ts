import type { SegmentRef } from '../../rules/index.ts';
import type { TextReading, TextSegment } from '../dialects/dialect.ts';
import { isOfRequest } from '../policy/decide.ts';
import type { ExchangeScan } from './exchange-scan.ts';

/** Answers in which more texts than this may be echoes are read, all the same, from there on. */
const MAX_TEXTS = 4_096;

/** A scan that passes over what an answer repeats of its request, word for word and as the same voice: it has been read
 *  there, and would be an alert twice. Where a text that was passed over goes on, it is read from its beginning. */
export function withoutEchoes(scan: ExchangeScan): ExchangeScan {
  const asked = new Map<SegmentRef['role'], Set<string>>();
  /** By segment, what was passed over of it; null where it is read. */
  const passedOver = new Map<string, string | null>();

  function toRead(segment: TextSegment): readonly TextSegment[] {
    const { ref } = segment;
    const before = passedOver.get(ref.id);
    if (!mayRepeat(ref) || before === null) return [segment];
    if (before === undefined && passedOver.size >= MAX_TEXTS) return [segment];
    const text = (before ?? '') + segment.text;
    const isEcho = asked.get(ref.role)?.has(text) === true;
    passedOver.set(ref.id, isEcho ? text : null);
    return isEcho ? [] : [{ ref, text }];
  }

  function add(reading: TextReading): void {
    for (const { ref, text } of reading.segments) {
      if (isOfRequest(ref)) asked.set(ref.role, (asked.get(ref.role) ?? new Set<string>()).add(text));
    }
    scan.add({ ...reading, segments: reading.segments.flatMap(toRead) });
  }

  return { ...scan, add };
}

/** Whether a text of the answer may be the request's. */
function mayRepeat(ref: SegmentRef): boolean {
  return !isOfRequest(ref) && ref.target !== 'output' && ref.target !== 'tool_call';
}
