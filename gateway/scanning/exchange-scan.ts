import type { CoverageEntry, SegmentRecord, UnscannedReason } from '../../alerts/index.ts';
import type { Detector } from '../../detectors/index.ts';
import {
  type Fields,
  type Finding,
  isJoined,
  judgeExchange,
  type KeptSegment,
  type RuleSet,
  type SegmentRef,
  toldOnce,
} from '../../rules/index.ts';
import type { TextReading } from '../dialects/dialect.ts';
import type { SegmentRedaction } from '../redaction/redact-body.ts';
import type { ComputedFor } from '../replay/computed-signals.ts';
import { createGate } from './gate.ts';
import { createJoinedParts } from './joined-parts.ts';
import { createNextTurn } from './next-turn.ts';
import { createOpenSegments } from './open-segments.ts';
import { type ScanCost, sumOfCosts } from './scan-cost.ts';
import {
  createSegmentScan,
  type HeldReading,
  type JudgedSegment,
  type ScanParts,
  type SegmentScan,
} from './segment-scan.ts';

export interface ExchangeScanParts {
  readonly detector: Detector;
  readonly ruleSet: RuleSet;
  readonly abortSignal: AbortSignal;
  readonly maxSegments: number;
  readonly maxSegmentTokens: number;
  readonly timeoutMs: number;
  /** Fields of the exchange, as far as they are known when a segment begins. */
  readonly fields: () => Fields;
  /** What the reader computes where rules read some signals; absent: those alone. */
  readonly computedFor?: ComputedFor;
}

/** Something of an exchange that no segment stands for: a body that is no JSON, an answer that was cut. */
export interface Gap {
  readonly ref: SegmentRef;
  readonly reason: UnscannedReason;
  readonly bytes: number;
}

/** A segment, with what became of it. */
export interface ScannedSegment {
  readonly ref: SegmentRef;
  readonly coverage: CoverageEntry;
}

/** The scan of one exchange: every segment of the request and of the answer, and what could not be read. */
export interface ExchangeScan {
  /** Adds text to its segments, which begin with it where they are new. */
  add(reading: TextReading): void;
  /** Notes what could not be read. */
  gap(gap: Gap): void;
  /** The segments that `which` picks are complete; resolves when all of them have been scored or have failed, each alone
   *  and the parts of a list together. */
  end(which?: (ref: SegmentRef) => boolean): Promise<void>;
  /** Lets the rules over whole exchanges judge what is complete.
   *  @param open - targets of which more segments may follow */
  conclude(open?: readonly SegmentRef['target'][]): void;
  /** Of the segments, then those over the exchange as it was concluded last. */
  findings(): readonly Finding[];
  segments(): readonly ScannedSegment[];
  /** Those that were read to their end, each text once: not the lists of parts. */
  judged(): readonly JudgedSegment[];
  /** What is kept of all. */
  kept(): readonly KeptSegment[];
  /** No text goes to the reader before that, which never rejects. */
  readAfter(moment: Promise<void>): void;
  /** From now on texts that begin are read as soon as they come, since their bytes wait for it. */
  hold(held: HeldReading, onProgress: () => void): void;
  /** How many characters of a segment can be in no match that is still to come. */
  clearedTo(segmentId: string): number;
  /** Whether there is something that a verdict may act on. */
  isAlarming(): boolean;
  /** The longest that text now waits for the reader, in milliseconds. */
  waitingMs(): number;
  /** What rules that redact take out of the segments that `which` picks, so far. */
  redactions(which?: (ref: SegmentRef) => boolean): readonly SegmentRedaction[];
  /** What a person reads of a flagged exchange; of lists of parts those that something was found in. */
  records(): readonly SegmentRecord[];
  /** Every text as far as it has come. */
  texts(): readonly { readonly ref: SegmentRef; readonly text: string }[];
  tokens(): number;
  /** What the segments that `which` picks have taken so far. */
  cost(which: (ref: SegmentRef) => boolean): ScanCost;
}

/** Segments of one exchange at the reader at once: enough to fill a batch, too few to starve the others. */
const SEGMENTS_AT_ONCE = 4;

export function createExchangeScan(parts: ExchangeScanParts): ExchangeScan {
  const segments = new Map<string, SegmentScan>();
  const open = createOpenSegments();
  const gate = createGate(SEGMENTS_AT_ONCE);
  const scanParts = {
    ...parts,
    gate,
    nextTurn: createNextTurn(),
    maxTokens: parts.maxSegmentTokens,
  };
  const joined = createJoinedParts(parts.ruleSet, (ref) => createSegmentScan(ref, scanParts));
  let ofExchange: readonly Finding[] = [];
  let holding: Pick<ScanParts, 'held' | 'onProgress'> = {};

  function segmentOf(ref: SegmentRef): SegmentScan | null {
    const known = segments.get(ref.id);
    if (known !== undefined) return known;
    return segments.size < parts.maxSegments ? begin(ref) : null;
  }

  function begin(ref: SegmentRef): SegmentScan {
    const fresh = createSegmentScan(ref, { ...scanParts, ...holding });
    segments.set(ref.id, fresh);
    open.add(fresh);
    return fresh;
  }

  /** One segment a target stands for all that are past the bound. */
  function overflow({ target, role }: SegmentRef, bytes: number): void {
    const id = `overflow/${target}`;
    const segment = segments.get(id) ?? begin({ id, target, role, pointer: '', choice: null });
    segment.skip('over_cap', bytes);
    open.add(segment);
  }

  function gap({ ref, reason, bytes }: Gap): void {
    const segment = segmentOf(ref);
    if (segment === null) overflow(ref, bytes);
    else {
      segment.skip(reason, bytes);
      open.add(segment);
    }
  }

  /** The segments, and lists of parts that are read as one text more. */
  function all(): readonly SegmentScan[] {
    return joined.among([...segments.values()]);
  }

  function findings(): readonly Finding[] {
    return [...toldOnce(all().flatMap((segment) => segment.findings())), ...ofExchange];
  }

  return {
    add({ segments: texts, unread }) {
      for (const { ref, text } of texts) {
        const segment = segmentOf(ref);
        if (segment === null) overflow(ref, Buffer.byteLength(text));
        else {
          segment.push(text);
          open.add(segment);
        }
      }
      for (const part of unread) gap(part);
    },
    gap,
    async end(which = () => true) {
      const isPicked = ({ ref }: SegmentScan) => which(ref);
      for (const list of joined.begin([...segments.values()].filter(isPicked))) open.add(list);
      await Promise.all(
        all()
          .filter(isPicked)
          .map((segment) => segment.end()),
      );
    },
    conclude(open = []) {
      if (!parts.ruleSet.judgesExchanges) return;
      const complete = all().flatMap((segment) => segment.part() ?? []);
      ofExchange = judgeExchange(parts.ruleSet, complete, open);
    },
    findings,
    segments: () => all().map((segment) => ({ ref: segment.ref, coverage: segment.coverage() })),
    judged: () => [...segments.values()].flatMap((segment) => segment.judged() ?? []),
    kept: () => all().map((segment) => segment.kept()),
    readAfter: gate.keepShut,
    hold(held, onProgress) {
      holding = { held, onProgress };
    },
    clearedTo: (segmentId) => segments.get(segmentId)?.clearedTo() ?? Number.POSITIVE_INFINITY,
    isAlarming: open.isAlarming,
    waitingMs: open.waitingMs,
    redactions(which = () => true) {
      const rangesOf = joined.redactionsNow();
      return [...segments.values()]
        .filter(({ ref }) => which(ref))
        .flatMap((segment) => {
          const ranges = rangesOf(segment);
          // Asked for with every event of a held answer: only of those few is the text put together.
          return ranges.length === 0 ? [] : [{ ref: segment.ref, text: segment.text(), ranges }];
        });
    },
    records() {
      const found = findings();
      const fired = new Set(found.flatMap(({ conditions }) => conditions.map(({ signal }) => signal)));
      const places = new Set(found.flatMap(placesOf).map(({ id }) => id));
      return all()
        .filter(({ ref }) => !isJoined(ref) || places.has(ref.id))
        .map((segment) => segment.record(fired));
    },
    texts: () => [...segments.values()].map((segment) => ({ ref: segment.ref, text: segment.text() })),
    tokens: () => all().reduce((sum, segment) => sum + segment.tokens(), 0),
    cost: (which) => sumOfCosts(all().flatMap((segment) => (which(segment.ref) ? [segment.cost()] : []))),
  };
}

/** The segments that a finding is made of. */
function placesOf({ segment, exchange }: Finding): readonly SegmentRef[] {
  return [segment, ...(exchange?.segments ?? []).map((one) => one.segment)];
}
