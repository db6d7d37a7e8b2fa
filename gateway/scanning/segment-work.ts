import type { UnscannedReason } from '../../alerts/index.ts';
import { DetectorError } from '../../detectors/index.ts';
import type { Gate } from './gate.ts';
import type { NextTurn } from './next-turn.ts';
import type { SegmentReading } from './segment-reading.ts';
import { createTextFeed, type TextFeed } from './text-feed.ts';
import type { TextReader } from './text-reading.ts';

/** Brings a segment's text to the reader. */
export interface SegmentWork {
  /** Some text was added. */
  wake(): void;
  /** The text is complete; resolves when it has been scored or has failed. Never rejects. */
  end(): Promise<void>;
  failure(): UnscannedReason | null;
  /** Whether the end has been asked for. */
  isEnding(): boolean;
  /** Whether the text is complete and read. */
  hasEnded(): boolean;
  /** Since when text waits for the reader, in milliseconds of the process's clock; null while none does. */
  waitingSince(): number | null;
}

export interface SegmentWorkParts {
  /** How many segments of one exchange are at the reader at once. */
  readonly gate: Gate;
  readonly nextTurn: NextTurn;
  /** Of both readings of a segment together. */
  readonly maxTokens: number;
  /** Some text was read, or failed to be. */
  readonly onProgress?: () => void;
}

/** Brings batches from the feed to the reader, one after another, until the end or the first failure. A whole text that
 *  wears a disguise is then read again without it; where that fails, the segment has failed. */
export function createSegmentWork(
  reading: SegmentReading,
  feed: TextFeed,
  { gate, nextTurn, maxTokens, onProgress }: SegmentWorkParts,
): SegmentWork {
  let failure: UnscannedReason | null = null;
  let hasText = false;
  let running: Promise<void> | null = null;
  let ending: Promise<void> | null = null;
  let hasEnded = false;
  let since: number | null = null;

  async function attempt(step: () => Promise<void>): Promise<void> {
    const release = await gate.enter();
    try {
      await step();
      if (reading.tokens() > maxTokens) failure = 'over_cap';
    } catch (error) {
      failure = reasonOf(error);
    } finally {
      release();
      since = feed.hasBatch(true) ? performance.now() : null;
      onProgress?.();
    }
  }

  /** Begins a moment later: a text that came whole is told so by then, and is read in one. */
  async function run(): Promise<void> {
    await nextTurn();
    while (failure === null && ending === null && feed.hasBatch(false)) {
      hasText = true;
      await attempt(() => reading.push(feed.take()));
    }
  }

  async function complete(): Promise<void> {
    await running;
    if (!hasText && !feed.hasBatch(true)) return;
    if (hasText || !isRecalled(reading, feed.text())) await readToEnd(reading, feed);
    since = null;
    const view = failure === null ? openView() : null;
    if (view === null || isRecalled(view.reader, view.text)) return;
    const viewFeed = createTextFeed();
    viewFeed.push(view.text);
    await readToEnd(view.reader, viewFeed);
  }

  /** Whether nothing is left to be read: the text was read before, or cannot be. */
  function isRecalled(reader: TextReader, text: string): boolean {
    try {
      const isKnown = reader.recall(text);
      if (reading.tokens() > maxTokens) failure = 'over_cap';
      return isKnown;
    } catch (error) {
      failure = reasonOf(error);
      return true;
    }
  }

  async function readToEnd(reader: TextReader, from: TextFeed): Promise<void> {
    let last = '';
    while (failure === null && from.hasBatch(true)) {
      const batch = from.take();
      if (from.hasBatch(true)) await attempt(() => reader.push(batch));
      else last = batch;
    }
    if (failure === null) await attempt(() => reader.finish(last));
  }

  function openView(): ReturnType<SegmentReading['openView']> {
    try {
      return reading.openView(feed.text());
    } catch (error) {
      failure = reasonOf(error);
      return null;
    }
  }

  return {
    failure: () => failure,
    isEnding: () => ending !== null,
    hasEnded: () => hasEnded,
    waitingSince: () => since,
    wake(): void {
      since ??= performance.now();
      if (running !== null || ending !== null || !feed.hasBatch(false)) return;
      running = run().finally(() => {
        running = null;
      });
    },
    end(): Promise<void> {
      ending ??= complete().finally(() => {
        hasEnded = true;
        onProgress?.();
      });
      return ending;
    },
  };
}

const REASONS: Readonly<Record<string, UnscannedReason>> = {
  QUEUE_FULL: 'queue_full',
  TIMEOUT: 'timeout',
  WORKER_DIED: 'worker_died',
  NON_FINITE: 'non_finite',
};

function reasonOf(error: unknown): UnscannedReason {
  return error instanceof DetectorError ? (REASONS[error.code] ?? 'error') : 'error';
}
