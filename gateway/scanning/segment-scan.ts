import type { CoverageEntry, SegmentRecord, UnscannedReason } from '../../alerts/index.ts';
import type { SignalId } from '../../detectors/index.ts';
import type { Finding, SegmentRef } from '../../rules/index.ts';
import { createSegmentReading, type SegmentReadingParts } from './segment-reading.ts';
import { createSegmentWork, type SegmentWorkParts } from './segment-work.ts';
import { createTextFeed } from './text-feed.ts';

/** What all segments of one exchange share. */
export interface ScanParts extends SegmentReadingParts, SegmentWorkParts {}

/** One segment on its way through the reader and the rules. */
export interface SegmentScan {
  readonly ref: SegmentRef;
  /** Adds text; it is read in small batches, later. */
  push(text: string): void;
  /** Notes that something in this segment was not text. */
  skip(reason: UnscannedReason, bytes: number): void;
  /** The text is complete; resolves when it has been scored or has failed. Never rejects. */
  end(): Promise<void>;
  findings(): readonly Finding[];
  coverage(): CoverageEntry;
  tokens(): number;
  record(signals: ReadonlySet<SignalId>): SegmentRecord;
}

/** Starts to scan one segment. Without a rule on its target it is skipped, and said to be. */
export function createSegmentScan(ref: SegmentRef, parts: ScanParts): SegmentScan {
  const reading = createSegmentReading(ref, parts);
  const feed = createTextFeed();
  const work = reading === null ? null : createSegmentWork(reading, feed, parts);
  const unread: { reason: UnscannedReason | null; bytes: number } = { reason: null, bytes: 0 };
  return {
    ref,
    push(piece) {
      feed.push(piece);
      work?.wake();
    },
    skip(reason, bytes) {
      unread.reason ??= reason;
      unread.bytes += bytes;
    },
    end: async () => work?.end(),
    findings: () => reading?.findings() ?? [],
    tokens: () => reading?.tokens() ?? 0,
    coverage: () => ({
      segmentId: ref.id,
      pointer: ref.pointer,
      role: ref.role,
      choice: ref.choice,
      ...statusOf(work?.failure() ?? null, unread.reason, reading !== null),
      tokens: reading?.tokens() ?? 0,
      bytes: Buffer.byteLength(feed.text()) + unread.bytes,
    }),
    record: (wanted) => ({
      segmentId: ref.id,
      role: ref.role,
      target: ref.target,
      text: feed.text(),
      ...(reading?.record(wanted) ?? { tokens: [], signals: {} }),
    }),
  };
}

function statusOf(
  failure: UnscannedReason | null,
  unread: UnscannedReason | null,
  isRead: boolean,
): Pick<CoverageEntry, 'status' | 'reason'> {
  if (failure !== null) return { status: 'failed', reason: failure };
  if (unread !== null) return { status: FAILURES.has(unread) ? 'failed' : 'skipped', reason: unread };
  return isRead ? { status: 'scanned', reason: null } : { status: 'skipped', reason: 'no_rules' };
}

/** What should have been readable, as opposed to what is no text. */
const FAILURES: ReadonlySet<UnscannedReason> = new Set([
  'bad_json',
  'bad_shape',
  'bad_utf8',
  'bad_sse',
  'unknown_encoding',
]);
  'duplicate_key',
