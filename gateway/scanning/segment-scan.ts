import type { CoverageEntry, SegmentRecord, UnscannedReason } from '../../alerts/index.ts';
import type { SignalId } from '../../detectors/index.ts';
import type { ExchangePart, Finding, KeptSegment, PromisesSeen, SegmentRef } from '../../rules/index.ts';
import type { Range } from '../reading/json-source.ts';
import { NO_COST, type ScanCost } from './scan-cost.ts';
import { createSegmentOpening, type SegmentOpening } from './segment-opening.ts';
import type { SegmentReadingParts } from './segment-reading.ts';
import { statusOf } from './segment-status.ts';
import type { SegmentWorkParts } from './segment-work.ts';
import { createTextFeed, type TextFeed } from './text-feed.ts';

/** What all segments of one exchange share. */
export interface ScanParts extends SegmentReadingParts, SegmentWorkParts {
  /** Absent: the text is read in batches that cost least. */
  readonly held?: HeldReading;
}

/** How a text is read that goes on as soon as it is judged. */
export interface HeldReading {
  /** The most tokens that a match can reach back over in texts of a target; null: only their end can tell. */
  readonly reach: (target: SegmentRef['target']) => number | null;
}

/** A segment that was read to its end, with what it says of the rates that rules promise. */
export interface JudgedSegment {
  readonly ref: SegmentRef;
  readonly text: string;
  readonly seen: PromisesSeen;
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
  /** What it adds to its exchange; null where it was not read to its end. */
  part(): ExchangePart | null;
  coverage(): CoverageEntry;
  tokens(): number;
  /** How many characters can be in no match that is still to come. */
  clearedTo(): number;
  /** Whether a rule that may act has matched, or something was not read. */
  isAlarming(): boolean;
  /** Whether its text is complete and read. */
  hasEnded(): boolean;
  /** Since when text waits for the reader; null while none does. */
  waitingSince(): number | null;
  text(): string;
  /** What rules that redact take out, so far. */
  redactions(): readonly Range[];
  record(signals: ReadonlySet<SignalId>): SegmentRecord;
  /** null where it was not read to its end. */
  judged(): JudgedSegment | null;
  /** What is kept of it for rules to be held against it again. */
  kept(): KeptSegment;
  /** What it has taken so far. */
  cost(): ScanCost;
}

/** Starts to scan one segment. Without a rule on its target it is skipped, and said to be. */
export function createSegmentScan(ref: SegmentRef, parts: ScanParts): SegmentScan {
  const feed = createTextFeed(parts.held === undefined ? undefined : 1);
  const opening = createSegmentOpening(ref, feed, parts);
  const reading = () => opening.opened()?.reading ?? null;
  const work = () => opening.opened()?.work ?? null;
  const failure = () => work()?.failure() ?? null;
  const unread: { reason: UnscannedReason | null; bytes: number } = { reason: null, bytes: 0 };
  const clearing = createClearing({ ref, opening, feed }, parts);
  const isRead = () => opening.opened() === null || reading() !== null;
  const status = () => statusOf(failure(), unread.reason, isRead());
  return {
    ref,
    push(piece) {
      // What comes after a text's end would be read by nobody.
      if (work()?.isEnding() === true) unread.reason ??= 'bad_shape';
      feed.push(piece);
      opening.wake();
    },
    skip(reason, bytes) {
      unread.reason ??= reason;
      unread.bytes += bytes;
    },
    end: async () => opening.end().work?.end(),
    findings: () => reading()?.findings() ?? [],
    part: () => (failure() === null ? (reading()?.part() ?? null) : null),
    tokens: () => reading()?.tokens() ?? 0,
    clearedTo: clearing,
    isAlarming: () =>
      unread.reason !== null ||
      failure() !== null ||
      (reading()?.findings() ?? []).some(({ mode }) => mode === 'enforce'),
    hasEnded: () => opening.opened() !== null && work()?.hasEnded() !== false,
    waitingSince: () => work()?.waitingSince() ?? null,
    text: feed.text,
    redactions: () => reading()?.redactions() ?? [],
    coverage: () => ({
      segmentId: ref.id,
      pointer: ref.pointer,
      role: ref.role,
      choice: ref.choice,
      ...status(),
      tokens: reading()?.tokens() ?? 0,
      bytes: feed.bytes() + unread.bytes,
    }),
    record: (wanted) => ({
      segmentId: ref.id,
      role: ref.role,
      target: ref.target,
      text: feed.text(),
      ...(reading()?.record(wanted) ?? { tokens: [], signals: {} }),
    }),
    judged() {
      const seen = failure() === null ? (reading()?.seen() ?? null) : null;
      return seen === null ? null : { ref, text: feed.text(), seen };
    },
    kept: () => ({ ref: opening.opened()?.ref ?? ref, ...status(), ...(reading()?.kept() ?? UNREAD) }),
    cost: () => reading()?.cost() ?? NO_COST,
  };
}

const UNREAD = { fields: {}, computed: { signals: [], isWholeDictionary: false }, readings: [] };

interface ToClear {
  readonly ref: SegmentRef;
  readonly opening: SegmentOpening;
  readonly feed: TextFeed;
}

/** A text that may wear a disguise is read without it at its end, so from there on it waits for that. */
function createClearing({ ref, opening, feed }: ToClear, { held, detector }: ScanParts): () => number {
  const reach = held?.reach(ref.target) ?? null;
  let cleared = 0;
  let isDisguised = false;
  return () => {
    const opened = opening.opened();
    if (opened === null) return 0;
    const { reading, work } = opened;
    if (reading === null || work === null || work.hasEnded() || work.failure() !== null) {
      return Number.POSITIVE_INFINITY;
    }
    const now = reach === null || isDisguised ? cleared : reading.clearedTo(reach);
    if (now > cleared) isDisguised = detector.isDisguised(feed.tail());
    if (!isDisguised) cleared = Math.max(cleared, now);
    return cleared;
  };
}
