import type { Fields, SegmentRef } from '../../rules/index.ts';
import type { ExchangeScan, Gap } from '../scanning/exchange-scan.ts';
import type { UnscoredSegment } from './unscored-exchange.ts';

/** Stands where an exchange's scan stands, and scores nothing: it keeps what is to be scored elsewhere. */
export interface CollectedScan extends ExchangeScan {
  /** In the order in which they began. */
  collected(): readonly UnscoredSegment[];
  /** The fields of the exchange when its first segment began; null where none has. */
  fieldsThen(): Fields | null;
}

export interface CollectedScanParts {
  readonly maxSegments: number;
  /** Fields of the exchange, as far as they are known now. */
  readonly fields: () => Fields;
}

interface Collecting {
  readonly ref: SegmentRef;
  text: string;
  skipped: UnscoredSegment['skipped'];
}

/** Bounded as the scan is: one segment a target stands for all that are past the bound. */
export function createCollectedScan({ maxSegments, fields }: CollectedScanParts): CollectedScan {
  const segments = new Map<string, Collecting>();
  let fieldsThen: Fields | null = null;

  function segmentOf(ref: SegmentRef, isPastBound = false): Collecting | null {
    const known = segments.get(ref.id);
    if (known !== undefined) return known;
    if (segments.size >= maxSegments && !isPastBound) return null;
    fieldsThen ??= fields();
    const fresh = { ref, text: '', skipped: null };
    segments.set(ref.id, fresh);
    return fresh;
  }

  function overflow({ target, role }: SegmentRef, bytes: number): void {
    const ref = { id: `overflow/${target}`, target, role, pointer: '', choice: null };
    const segment = segmentOf(ref, true);
    if (segment !== null) skip(segment, { reason: 'over_cap', bytes });
  }

  function gap({ ref, ...what }: Gap): void {
    const segment = segmentOf(ref);
    if (segment === null) overflow(ref, what.bytes);
    else skip(segment, what);
  }

  return {
    add({ segments: texts, unread }) {
      for (const { ref, text } of texts) {
        const segment = segmentOf(ref);
        if (segment === null) overflow(ref, Buffer.byteLength(text));
        else segment.text += text;
      }
      for (const part of unread) gap(part);
    },
    gap,
    collected: () => [...segments.values()],
    fieldsThen: () => fieldsThen,
    ...NOTHING_FOUND,
  };
}

function skip(segment: Collecting, { reason, bytes }: Pick<Gap, 'reason' | 'bytes'>): void {
  const { skipped } = segment;
  segment.skipped = { reason: skipped?.reason ?? reason, bytes: (skipped?.bytes ?? 0) + bytes };
}

const NOTHING_FOUND: Omit<ExchangeScan, 'add' | 'gap'> = {
  end: async () => {},
  conclude: () => {},
  findings: () => [],
  segments: () => [],
  judged: () => [],
  kept: () => [],
  hold: () => {},
  clearedTo: () => Number.POSITIVE_INFINITY,
  isAlarming: () => false,
  waitingMs: () => 0,
  redactions: () => [],
  records: () => [],
  tokens: () => 0,
};
