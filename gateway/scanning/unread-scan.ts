import type { CoverageEntry } from '../../alerts/index.ts';
import type { ExchangeScan } from './exchange-scan.ts';
import { statusOf } from './segment-status.ts';
import { createUnreadSegments, NOTHING_FOUND, type UnreadSegment } from './unread-segments.ts';

/** The scan of an exchange of which no rule reads anything: each segment is listed, with its size and as not scanned. */
export function createUnreadScan(maxSegments: number): ExchangeScan {
  const { add, gap, list } = createUnreadSegments(maxSegments);
  return {
    ...NOTHING_FOUND,
    add,
    gap,
    texts: list,
    segments: () => list().map((segment) => ({ ref: segment.ref, coverage: coverageOf(segment) })),
  };
}

function coverageOf({ ref, text, skipped }: UnreadSegment): CoverageEntry {
  const { id: segmentId, pointer, role, choice } = ref;
  const bytes = Buffer.byteLength(text) + (skipped?.bytes ?? 0);
  return {
    segmentId,
    pointer,
    role,
    choice,
    ...statusOf(null, skipped?.reason ?? null, false),
    tokens: 0,
    bytes,
  };
}
