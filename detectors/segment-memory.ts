import { joinActivations } from './activations.ts';
import { createDigests, type Digests, type OpenDigest } from './digest.ts';
import { packedBytes } from './kept/pack-activations.ts';
import type { ReaderResult } from './reader/reader-job.ts';
import { createScoreCache, type ScoreCache, type ScoreCacheBounds } from './score-cache.ts';
import type { Activations, Role, ScoreCacheReading } from './types.ts';

/** What is remembered of text that was scored: numbers and places of tokens under digests, never a text or its tokens.
 *  In memory alone: it ends with the process. */
export interface Memory {
  /** For one segment that is to be scored. */
  open(segment: { readonly role: Role; readonly plan: number }): SegmentMemory;
  /** Whether a whole text is known to wear no disguise. */
  isKnownPlain(text: string): boolean;
  notePlain(text: string): void;
  stats(): ScoreCacheReading;
}

/** The memory as one segment uses it. */
export interface SegmentMemory {
  /** The activations of a whole text. */
  recall(text: string): Activations | null;
  /** Text that is scored. */
  add(text: string): void;
  /** Activations that were given out, in order. */
  note(activations: Activations): void;
  /** The text is complete, and all of it was scored. */
  keep(): void;
  /** The runs of a whole window, by all that they depend on: its ids, and how many of them are scored. */
  window(ids: Int32Array, skip: number): WindowMemory;
}

export interface WindowMemory {
  recall(): readonly ReaderResult[] | null;
  keep(results: readonly ReaderResult[]): void;
}

/** Whole texts take most of the room; windows are for texts that go on where an earlier one ended; of a text without a
 *  disguise there is its digest alone. */
const WINDOW_SHARE = 1 / 4;
const PLAIN_SHARE = 1 / 8;

interface Caches {
  readonly digests: Digests;
  readonly texts: ScoreCache<Activations>;
  readonly windows: ScoreCache<readonly ReaderResult[]>;
  readonly plain: ScoreCache<true>;
}

/** @param bounds - of bytes for all together, of entries for each kind */
export function createMemory({ maxBytes, maxEntries }: ScoreCacheBounds): Memory {
  const caches: Caches = {
    digests: createDigests(),
    texts: createScoreCache({ maxBytes: maxBytes * (1 - WINDOW_SHARE - PLAIN_SHARE), maxEntries }),
    windows: createScoreCache({ maxBytes: maxBytes * WINDOW_SHARE, maxEntries }),
    plain: createScoreCache({ maxBytes: maxBytes * PLAIN_SHARE, maxEntries }),
  };
  const plainKey = (text: string) => digestOf(caches.digests.open('plain'), text);
  return {
    open: (segment) => openSegment(caches, segment),
    isKnownPlain: (text) => caches.plain.find(plainKey(text)) !== undefined,
    notePlain: (text) => caches.plain.keep(plainKey(text), true, 0),
    stats: () => ({
      texts: caches.texts.stats(),
      windows: caches.windows.stats(),
      views: caches.plain.stats(),
    }),
  };
}

function digestOf(digest: OpenDigest, text: string): string {
  digest.addText(text);
  return digest.end();
}

function openSegment(
  { digests, texts, windows }: Caches,
  { role, plan }: { readonly role: Role; readonly plan: number },
): SegmentMemory {
  const openText = () => digests.open(`text ${plan} ${role}`);
  let digest: OpenDigest | null = null;
  let noted: Activations[] = [];
  let bytes = 0;
  return {
    recall: (text) => texts.find(digestOf(openText(), text)) ?? null,
    add(text) {
      digest ??= openText();
      digest.addText(text);
    },
    note(activations) {
      bytes += bytesOfActivations(activations);
      // Of a text that is too long to be kept nothing is held back either.
      if (bytes > texts.maxValueBytes) noted = [];
      else if (noted.length === 0 || activations.tokens.length > 0) noted.push(activations);
    },
    keep() {
      if (digest === null) return;
      texts.keep(digest.end(), joinActivations(noted), bytes);
      noted = [];
    },
    window(ids, skip) {
      const of = digests.open(`window ${plan} ${skip}`);
      of.addNumbers(ids);
      const key = of.end();
      return {
        recall: () => windows.find(key) ?? null,
        keep: (results) => windows.keep(key, results, sum(results.map(bytesOfResult))),
      };
    },
  };
}

/** What an object of a token's place takes, with its place in the list. */
const SPAN_BYTES = 64;

/** With what they are packed to for replay. */
function bytesOfActivations(activations: Activations): number {
  const { tokens, signals, features } = activations;
  const values = sum([...signals.values()].map(({ byteLength }) => byteLength));
  const { rowStart, index, value } = features;
  const own = SPAN_BYTES * tokens.length + rowStart.byteLength + index.byteLength + value.byteLength;
  return own + values + packedBytes(activations);
}

function bytesOfResult({ signals, rowStart, index, value }: ReaderResult): number {
  const values = sum(signals.map(({ byteLength }) => byteLength));
  return values + rowStart.byteLength + index.byteLength + value.byteLength;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
