import type { UnscannedReason } from '../../alerts/index.ts';
import type { Config } from '../config/schema.ts';
import type { AnswerFacts, Dialect, Framing, StreamStep } from '../dialects/dialect.ts';
import { parsed } from '../dialects/json-values.ts';
import { isOfAnswer } from '../dialects/place.ts';
import { isAmong, type StreamPlaces } from '../dialects/stream-places.ts';
import { hasKeyTwice } from '../reading/duplicate-key.ts';
import { isDeeper } from '../reading/parse-json.ts';
import { type SegmentRedaction, valueAt } from '../redaction/redact-body.ts';
import type { ExchangeScan } from '../scanning/exchange-scan.ts';
import { replaceData } from './frame-data.ts';
import type { HeldEvent, HeldPiece, Mark } from './held-event.ts';
import { isTouched, rewriteEvent } from './rewrite-event.ts';
import { createFrameSplitter, type Frame } from './split-frames.ts';

/** A streamed answer whose events wait, in their order, until they can be in no match any more. */
export interface HeldStream {
  push(chunk: Buffer): void;
  /** The answer came to its end. */
  end(): void;
  /** Takes out the events that may go, redacted; one that a client would take for the end waits for `isSettled`.
   *  Null where something must be taken out that cannot be: then nothing more may go. */
  take(isSettled: boolean): readonly Buffer[] | null;
  /** Lets all go that waits, judged or not. */
  letGo(): void;
  /** Bytes that wait. */
  bytes(): number;
  /** Of those, bytes that letting all go does not move: what began and has not ended, and what came from the stream's
   *  last event on. */
  stuckBytes(): number;
  /** What must stand before one more item of an array, after all that was taken out. */
  lead(): string;
  facts(): AnswerFacts;
  /** Whether a client knows from what came that the answer is whole. */
  isComplete(): boolean;
}

export interface HeldStreamParts {
  readonly dialect: Dialect;
  readonly framing: Framing;
  readonly limits: Config['limits'];
  readonly scan: ExchangeScan;
  readonly replacement: string;
  /** Whether a key that stands twice in one object is told. */
  readonly tellsDuplicates: boolean;
  readonly gap: (reason: UnscannedReason, bytes: number) => void;
  /** An event as its client gets it. */
  readonly onSent: (data: string) => void;
}

interface HeldFrame {
  readonly bytes: Buffer;
  readonly events: readonly HeldEvent[];
  readonly marks: readonly Mark[];
  readonly isLast: boolean;
}

export function createHeldStream(parts: HeldStreamParts): HeldStream {
  const { dialect, framing, limits, tellsDuplicates, scan, gap } = parts;
  const splitter = createFrameSplitter(framing, limits.max_line_bytes);
  const reader = dialect.createStreamReader();
  const follower = createFollower(dialect.createStreamPlaces(), scan);
  const given = new Set<string>();
  const queue: HeldFrame[] = [];
  let bytes = 0;
  let lastBytes = 0;
  let hasLast = false;
  let isLetGo = false;

  function keep({ bytes: own, items }: Frame): void {
    const events: HeldEvent[] = [];
    const marks: Mark[] = [];
    for (const item of items) {
      if (item.kind === 'unread') gap(item.reason, item.bytes);
      else if (item.kind === 'end') hasLast = true;
      else if (isDeeper(Buffer.from(item.data), limits.max_json_depth))
        gap('depth', Buffer.byteLength(item.data));
      else {
        if (tellsDuplicates && hasKeyTwice(item.data)) gap('duplicate_key', Buffer.byteLength(item.data));
        const step = reader.read(item.data);
        const followed = follower.follow(item.data, step);
        events.push(followed.event);
        for (const mark of followed.marks) marks.push(mark);
        hasLast ||= step.isLast;
      }
    }
    queue.push({ bytes: own, events, marks, isLast: hasLast });
    bytes += own.length;
    if (hasLast) lastBytes += own.length;
  }

  function redacted(
    frame: HeldFrame,
    {
      redactions,
      sent,
    }: { readonly redactions: ReadonlyMap<string, SegmentRedaction>; readonly sent: string[] },
  ): Buffer | null {
    let own = frame.bytes;
    for (const event of frame.events) {
      let { data } = event;
      if (isTouched(event, { redactions })) {
        const joined = (id: string) => joinedPieces(queue, id);
        const fresh = rewriteEvent(event, { replacement: parts.replacement, redactions, given, joined });
        if (fresh === null) return null;
        own = replaceData(own, { framing, data, fresh });
        data = fresh;
      }
      sent.push(data);
    }
    return own;
  }

  const isClear = ({ marks, isLast }: HeldFrame, isSettled: boolean) =>
    isSettled || (!isLast && (isLetGo || marks.every(({ id, to }) => scan.clearedTo(id) >= to)));

  return {
    push: (chunk) => splitter.push(chunk).forEach(keep),
    end() {
      splitter.end().forEach(keep);
      scan.add(reader.end());
    },
    take(isSettled) {
      const taken: Buffer[] = [];
      const sent: string[] = [];
      if (queue[0] === undefined || !isClear(queue[0], isSettled)) return taken;
      const redactions = new Map(scan.redactions(follower.knows).map((one) => [one.ref.id, one]));
      if (isSettled && !follower.hasAll(redactions)) return null;
      for (let frame = queue[0]; frame !== undefined && isClear(frame, isSettled); frame = queue[0]) {
        const own = redacted(frame, { redactions, sent });
        if (own === null) return null;
        taken.push(own);
        queue.shift();
        bytes -= frame.bytes.length;
        if (frame.isLast) lastBytes -= frame.bytes.length;
      }
      for (const data of sent) parts.onSent(data);
      return taken;
    },
    letGo() {
      isLetGo = true;
    },
    bytes: () => bytes + splitter.pendingBytes(),
    stuckBytes: () => lastBytes + splitter.pendingBytes(),
    // A frame of an array ends with its item, and a comma stands before the next.
    lead: () => ',',
    facts: reader.facts,
    isComplete: () => hasLast || reader.facts().finishReasons.length > 0,
  };
}

/** Brings what events say to the scan, and keeps account of which event says what. */
function createFollower(places: StreamPlaces, scan: ExchangeScan) {
  const lengths = new Map<string, number>();

  function pieceOf({ ref, text }: StreamStep['segments'][number]): HeldPiece {
    const from = lengths.get(ref.id) ?? 0;
    lengths.set(ref.id, from + text.length);
    return { ref, text, from };
  }

  return {
    follow(data: string, step: StreamStep): { event: HeldEvent; marks: Mark[] } {
      const { texts, ended, repeating = [] } = places.read(data);
      const pieces = step.segments.map(pieceOf);
      scan.add(step);
      const said = texts.flatMap(({ id }) =>
        lengths.has(id) ? [{ id, to: Math.max(lengths.get(id) ?? 0, 1) }] : [],
      );
      const marks = [
        ...pieces.map(({ ref, from, text }) => ({ id: ref.id, to: from + text.length })),
        ...said,
      ];
      if (ended.length > 0) void scan.end(({ id }) => isAmong(id, ended));
      return { event: { data, pieces, texts, repeating }, marks };
    },
    knows: ({ id }: { readonly id: string }) => isOfAnswer(id),
    /** Whether all text that something must be taken out of stands in some event. */
    hasAll: (redactions: ReadonlyMap<string, SegmentRedaction>) =>
      [...redactions].every(([id, { text }]) => lengths.get(id) === text.length),
  };
}

/** Pieces of a segment as they were written, of all events that wait. */
function joinedPieces(queue: readonly HeldFrame[], id: string): string {
  return queue
    .flatMap(({ events }) => events)
    .flatMap(({ data, texts }) => {
      const own = texts.filter((text) => text.id === id && text.kind === 'piece');
      const body = own.length === 0 ? null : parsed(data);
      return own.map(({ keys }) => valueAt(body, keys)).filter((value) => typeof value === 'string');
    })
    .join('');
}
