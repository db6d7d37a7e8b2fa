import type { TextReading, TextSegment } from '../dialects/dialect.ts';
import { isOfRequest } from '../policy/decide.ts';
import type { ExchangeScan } from './exchange-scan.ts';

/** A scan that passes over what an answer repeats of its request, word for word and as the same voice: it has been read
 *  there, and would be an alert twice. */
export function withoutEchoes(scan: ExchangeScan): ExchangeScan {
  const asked: TextSegment[] = [];

  function isEcho({ ref, text }: TextSegment): boolean {
    if (isOfRequest(ref) || ref.target === 'output' || ref.target === 'tool_call') return false;
    return asked.some((one) => one.ref.role === ref.role && one.text === text);
  }

  function add(reading: TextReading): void {
    asked.push(...reading.segments.filter(({ ref }) => isOfRequest(ref)));
    const isRepeating = reading.segments.some(isEcho);
    scan.add(
      isRepeating ? { ...reading, segments: reading.segments.filter((one) => !isEcho(one)) } : reading,
    );
  }

  return { ...scan, add };
}
