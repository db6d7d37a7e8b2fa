import { setImmediate } from 'node:timers/promises';
import type { CoverageEntry, SegmentRecord, UnscannedReason } from '../../alerts/index.ts';
import { DetectorError, type SignalId } from '../../detectors/index.ts';
import type { Finding, SegmentRef } from '../../rules/index.ts';
import type { Gate } from './gate.ts';
import { createSegmentReading, type SegmentReading, type SegmentReadingParts } from './segment-reading.ts';
import { createTextFeed } from './text-feed.ts';

/** What all segments of one exchange share. */
export interface ScanParts extends SegmentReadingParts {
  /** How many segments of one exchange are at the reader at once. */
  readonly gate: Gate;
  readonly maxTokens: number;
}

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
  const work = reading === null ? null : createWork(reading, feed, parts);
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

/** Brings batches from the feed to the reader, one after another, until the end or the first failure. */
function createWork(
  reading: SegmentReading,
  feed: ReturnType<typeof createTextFeed>,
  { gate, maxTokens }: Pick<ScanParts, 'gate' | 'maxTokens'>,
) {
  let failure: UnscannedReason | null = null;
  let hasText = false;
  let running: Promise<void> | null = null;
  let ending: Promise<void> | null = null;

  async function attempt(step: () => Promise<void>): Promise<void> {
    const release = await gate.enter();
    try {
      await step();
      if (reading.tokens() > maxTokens) failure = 'over_cap';
    } catch (error) {
      failure = reasonOf(error);
    } finally {
      release();
    }
  }

  /** Begins a moment later: a text that came whole is told so by then, and is read in one. */
  async function run(): Promise<void> {
    await setImmediate();
    while (failure === null && ending === null && feed.hasBatch(false)) {
      hasText = true;
      await attempt(() => reading.push(feed.take()));
    }
  }

  async function complete(): Promise<void> {
    await running;
    let last = '';
    while (failure === null && feed.hasBatch(true)) {
      hasText = true;
      last = feed.take();
      if (feed.hasBatch(true)) await pushOne(last);
    }
    if (failure === null && hasText) await attempt(() => reading.finish(last));
  }

  const pushOne = (batch: string) => attempt(() => reading.push(batch));

  return {
    failure: () => failure,
    wake(): void {
      if (running !== null || ending !== null || !feed.hasBatch(false)) return;
      running = run().finally(() => {
        running = null;
      });
    },
    end(): Promise<void> {
      ending ??= complete();
      return ending;
    },
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

const REASONS: Readonly<Record<string, UnscannedReason>> = {
  QUEUE_FULL: 'queue_full',
  TIMEOUT: 'timeout',
  WORKER_DIED: 'worker_died',
  NON_FINITE: 'non_finite',
};

function reasonOf(error: unknown): UnscannedReason {
  return error instanceof DetectorError ? (REASONS[error.code] ?? 'error') : 'error';
}
