import type { UnscannedReason } from '../../alerts/index.ts';
import type { Config } from '../config/schema.ts';
import type { AnswerFacts, Dialect, Framing, TextReading } from '../dialects/dialect.ts';
import { createSseParser } from '../sse/parse-events.ts';
import { type BodyDecoder, createBodyDecoder } from './decode-body.ts';
import { duplicateKeyAt, hasKeyTwice } from './duplicate-key.ts';
import { isDeeper, parseJson } from './parse-json.ts';
import { createArraySplitter, type StreamItem } from './split-array.ts';

/** Reads the text of one answer beside the bytes' own way. What it cannot read is a gap, never an exception. */
export interface AnswerReader {
  /** @returns how many of the newest bytes must stay until the exchange is recorded, so that no client takes the
   *  answer for whole before */
  push(chunk: Buffer): Promise<number>;
  /** The answer came to its end. */
  end(): Promise<void>;
  facts(): AnswerFacts | null;
  /** Whether a client knows from the bytes so far that the answer is whole. */
  isComplete(): boolean;
  /** Of an array: what must stand before one more item after all that may have gone; null where none can stand. */
  lead(): string | null;
  close(): void;
}

export interface AnswerReaderParts {
  readonly dialect: Dialect;
  readonly limits: Config['limits'];
  /** Whether a key that stands twice in one object is told: of two readers each would read another text. */
  readonly tellsDuplicates: boolean;
  readonly contentEncoding: string | undefined;
  readonly add: (reading: TextReading) => void;
  readonly gap: (reason: UnscannedReason, bytes: number) => void;
}

/** Reads an answer in one piece. */
export function createJsonReader(parts: AnswerReaderParts): AnswerReader {
  const { dialect, limits, tellsDuplicates, add, gap } = parts;
  const decoder = decoderOf(parts);
  const pieces: Buffer[] = [];
  let encodedBytes = 0;
  let facts: AnswerFacts | null = null;

  function read(): void {
    const whole = Buffer.concat(pieces);
    const json = parseJson(whole, limits.max_json_depth);
    if (json.ok && tellsDuplicates && duplicateKeyAt(whole) !== null) gap('duplicate_key', encodedBytes);
    const answer = json.ok ? dialect.readAnswer(json.value) : null;
    if (answer?.ok) {
      facts = answer.value.facts;
      add(answer.value);
    } else {
      gap(json.ok ? 'bad_shape' : json.reason, encodedBytes);
    }
  }

  return {
    async push(chunk) {
      encodedBytes += chunk.length;
      pieces.push(await decoder.push(chunk));
      return 1;
    },
    async end() {
      pieces.push(await decoder.end());
      const failure = decoder.failure();
      if (failure !== null) gap(failure.reason, encodedBytes);
      else if (encodedBytes > 0) read();
    },
    facts: () => facts,
    isComplete: () => false,
    lead: () => null,
    close: decoder.close,
  };
}

/** Reads a streamed answer. */
export function createStreamingReader(parts: AnswerReaderParts, framing: Framing): AnswerReader {
  const { dialect, limits, tellsDuplicates, add, gap } = parts;
  const decoder = decoderOf(parts);
  const array = framing === 'array' ? createArraySplitter(limits.max_line_bytes) : null;
  const parser = array ?? createSseParser(limits.max_line_bytes);
  const reader = dialect.createStreamReader();
  let bytes = 0;
  let holdFrom: number | null = null;
  let hasToldFailure = false;

  function take(items: readonly StreamItem[], chunkStart: number): void {
    for (const item of items) {
      if (item.kind === 'unread') gap(item.reason, item.bytes);
      else if (item.kind === 'end' || readEvent(item)) {
        holdFrom ??= decoder.isIdentity ? Math.max(item.start, 0) : chunkStart;
      }
    }
  }

  /** Whether a client takes the answer for whole with this event. */
  function readEvent({ data }: { readonly data: string }): boolean {
    if (isDeeper(Buffer.from(data), limits.max_json_depth)) {
      gap('depth', Buffer.byteLength(data));
      return false;
    }
    if (tellsDuplicates && hasKeyTwice(data)) gap('duplicate_key', Buffer.byteLength(data));
    const step = reader.read(data);
    add(step);
    return step.isLast;
  }

  function tellFailure(unread: number): void {
    const failure = decoder.failure();
    if (failure === null || hasToldFailure) return;
    hasToldFailure = true;
    gap(failure.reason, unread);
  }

  return {
    async push(chunk) {
      const chunkStart = bytes;
      bytes += chunk.length;
      take(parser.push(await decoder.push(chunk)), chunkStart);
      tellFailure(chunk.length);
      return holdFrom === null ? 0 : bytes - holdFrom;
    },
    async end() {
      take(parser.push(await decoder.end()), bytes);
      take(parser.end(), bytes);
      tellFailure(bytes);
      add(reader.end());
    },
    facts: reader.facts,
    isComplete: () => holdFrom !== null || reader.facts().finishReasons.length > 0,
    lead: () => array?.lead() ?? null,
    close: decoder.close,
  };
}

/** For answers that no dialect reads: nothing is read, and the last byte waits for the record.
 *  @param onEnd - told how many bytes came, at their end */
export function createSilentReader(onEnd: (bytes: number) => void): AnswerReader {
  let bytes = 0;
  return {
    async push(chunk) {
      bytes += chunk.length;
      return 1;
    },
    end: async () => onEnd(bytes),
    facts: () => null,
    isComplete: () => false,
    lead: () => null,
    close: () => {},
  };
}

function decoderOf({ contentEncoding, limits }: AnswerReaderParts): BodyDecoder {
  return createBodyDecoder(contentEncoding, {
    maxDecodedBytes: limits.max_decoded_bytes,
    maxRatio: limits.max_decoded_ratio,
  });
}
