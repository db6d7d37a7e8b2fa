import type { SegmentRef } from '../../rules/index.ts';
import type { TextReading, TextSegment } from '../dialects/dialect.ts';
import { isOfRequest } from '../policy/decide.ts';
import type { ExchangeScan } from './exchange-scan.ts';

/** A scan that passes over what an answer repeats of its request, word for word and as the same voice: it has been read
 *  there, and would be an alert twice. */
export function withoutEchoes(scan: ExchangeScan): ExchangeScan {
  const asked = new Map<SegmentRef['role'], Set<string>>();

  function isEcho({ ref, text }: TextSegment): boolean {
    if (ref.target === 'output' || ref.target === 'tool_call') return false;
    return !isOfRequest(ref) && asked.get(ref.role)?.has(text) === true;
  }

  function add(reading: TextReading): void {
    for (const { ref, text } of reading.segments) {
      if (isOfRequest(ref)) asked.set(ref.role, (asked.get(ref.role) ?? new Set<string>()).add(text));
    }
    const segments = reading.segments.filter((one) => !isEcho(one));
    scan.add({ ...reading, segments });
  }

  return { ...scan, add };
}
