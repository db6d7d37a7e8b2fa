import type { SegmentRef } from '../../rules/index.ts';
import type { ExchangeScan, Gap } from './exchange-scan.ts';
import { NO_COST } from './scan-cost.ts';

/** A segment that nobody reads here. */
export interface UnreadSegment {
  readonly ref: SegmentRef;
  text: string;
  /** What of it was no text; null where all was. */
  skipped: { readonly reason: Gap['reason']; readonly bytes: number } | null;
}

/** Takes in what a scan would, and scores nothing. */
export interface UnreadSegments extends Pick<ExchangeScan, 'add' | 'gap'> {
  /** In the order in which they began. */
  list(): readonly UnreadSegment[];
}

/** Bounded as the scan is: one segment a target stands for all that are past the bound.
 *  @param onBegin - told before each new segment */
export function createUnreadSegments(maxSegments: number, onBegin: () => void = () => {}): UnreadSegments {
  const segments = new Map<string, UnreadSegment>();

  function segmentOf(ref: SegmentRef, isPastBound = false): UnreadSegment | null {
    const known = segments.get(ref.id);
    if (known !== undefined) return known;
    if (segments.size >= maxSegments && !isPastBound) return null;
    onBegin();
    const fresh = { ref, text: '', skipped: null };
    segments.set(ref.id, fresh);
    return fresh;
  }

  function overflow({ target, role }: SegmentRef, bytes: number): void {
    const ref = { id: `overflow/${target}`, target, role, pointer: '', choice: null };
    const segment = segmentOf(ref, true);
    if (segment !== null) skip(segment, { reason: 'over_cap', bytes });
  }

  function gap({ ref, reason, bytes }: Gap): void {
    const segment = segmentOf(ref);
    if (segment === null) overflow(ref, bytes);
    else skip(segment, { reason, bytes });
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
    list: () => [...segments.values()],
  };
}

function skip(segment: UnreadSegment, { reason, bytes }: Pick<Gap, 'reason' | 'bytes'>): void {
  const { skipped } = segment;
  segment.skipped = { reason: skipped?.reason ?? reason, bytes: (skipped?.bytes ?? 0) + bytes };
}

/** What a scan says that scores nothing. */
export const NOTHING_FOUND: Omit<ExchangeScan, 'add' | 'gap' | 'segments' | 'texts'> = {
  end: async () => {},
  conclude: () => {},
  findings: () => [],
  judged: () => [],
  kept: () => [],
  readAfter: () => {},
  hold: () => {},
  clearedTo: () => Number.POSITIVE_INFINITY,
  isAlarming: () => false,
  waitingMs: () => 0,
  redactions: () => [],
  records: () => [],
  tokens: () => 0,
  cost: () => NO_COST,
};
