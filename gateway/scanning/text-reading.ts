import { type Activations, type Computed, packActivations, type TokenSpan } from '../../detectors/index.ts';
import {
  advance,
  beginSegment,
  createStretchFinder,
  type Fields,
  type Finding,
  finish,
  type KeptReading,
  knownQuiet,
  noteQuiet,
  type PromisesSeen,
  promisesSeen,
  type SegmentRef,
  type SegmentState,
} from '../../rules/index.ts';
import type { ScanCost } from './scan-cost.ts';
import type { SegmentReadingParts } from './segment-reading.ts';

/** Takes in one text of a segment, in pieces. */
export interface TextReader {
  /** Takes in the whole text at once where its scores are remembered from before; false: they are not, and nothing has
   *  changed. Asked before the first text.
   *  @throws {DetectorError} where it was aborted */
  recall(text: string): boolean;
  /** @throws {DetectorError} when the batch was not scored */
  push(text: string): Promise<void>;
  /** The text is complete with this last batch: it is scored, and what could not be decided before is. A text that
   *  comes whole costs the reader one run so, and no cache.
   *  @throws {DetectorError} when the rest was not scored */
  finish(lastText: string): Promise<void>;
}

/** One text of a segment before the reader and the rules, and what they have said of it so far. */
export interface TextReading extends TextReader {
  tokens(): readonly TokenSpan[];
  tokenCount(): number;
  /** What the rules make of it, once it is complete; null before. */
  settled(): SegmentState | null;
  findings(): readonly Finding[];
  batches(): readonly Activations[];
  /** What the whole text says of the rates that its rules promise; null before its end. */
  seen(): PromisesSeen | null;
  /** How far no match can reach back any more, in characters.
   *  @param reach - the most tokens of a match */
  clearedTo(reach: number): number;
  /** What rules that redact take out of the text, so far. */
  stretches(): readonly TokenSpan[];
  /** What is kept of it. */
  kept(): Omit<KeptReading, 'changes'>;
  /** What it has taken so far. */
  cost(): ScanCost;
}

/** What both readings of a segment share. */
export interface TextReadingParts extends Omit<SegmentReadingParts, 'fields'> {
  readonly fields: Fields;
  readonly computed: Computed;
}

/** Begins to read a text of a segment. */
export function createTextReading(ref: SegmentRef, parts: TextReadingParts): TextReading {
  const { detector, ruleSet, abortSignal, timeoutMs, fields, computed } = parts;
  const priority = ruleSet.enforces(ref.target) ? 'enforce' : 'observe';
  const { signals, isWholeDictionary: withDictionary } = computed;
  const asked = { role: ref.role, signals, withDictionary, priority, abortSignal, timeoutMs } as const;
  const scorer = detector.createScorer(asked);
  const batches: Activations[] = [];
  const begun = beginSegment(ruleSet, ref, { fields });
  let state = begun;
  let findings: readonly Finding[] = [];
  let seen: PromisesSeen | null = null;
  let isSettled = false;
  const finder = createStretchFinder(ruleSet, ref, fields);
  const stretches: TokenSpan[] = [];
  const ends: number[] = [];
  let rulesMs = 0;

  /** Counts the time of what the rules do. */
  function judge(work: () => void): void {
    const begunMs = performance.now();
    work();
    rulesMs += performance.now() - begunMs;
  }

  function keep(activations: Activations): void {
    batches.push(activations);
    for (const { end } of activations.tokens) ends.push(end);
  }

  function take(activations: Activations): void {
    if (activations.tokens.length === 0) return;
    keep(activations);
    judge(() => {
      if (finder !== null) stretches.push(...finder.advance(activations));
      const step = advance(ruleSet, state, activations);
      state = step.state;
      findings = [...findings, ...step.findings];
    });
  }

  function settle(): void {
    isSettled = true;
    judge(() => {
      findings = finish(ruleSet, state).settled;
      seen = promisesSeen(state);
      if (finder !== null) stretches.push(...finder.finish(findings));
      const [whole] = batches;
      if (whole !== undefined && batches.length === 1 && findings.length === 0) noteQuiet(begun, whole, seen);
    });
  }

  return {
    recall(text) {
      const known = scorer.recall(text);
      if (known === null) return false;
      seen = knownQuiet(begun, known);
      if (seen === null) {
        take(known);
        settle();
      } else keep(known);
      return true;
    },
    async push(text) {
      take(await scorer.push(text));
    },
    async finish(lastText) {
      take(await scorer.end(lastText));
      settle();
    },
    tokens: () => batches.flatMap(({ tokens }) => tokens),
    tokenCount: () => ends.length,
    settled: () => (isSettled ? state : null),
    findings: () => findings,
    batches: () => batches,
    seen: () => seen,
    clearedTo: (reach) => ends[ends.length - reach] ?? 0,
    stretches: () => stretches,
    kept: () => ({ packed: packActivations(batches), isFinished: seen !== null }),
    cost: () => ({
      tokens: ends.length,
      ...(scorer.cost?.() ?? { tokensRecalled: 0, longestWaitMs: 0 }),
      rulesMs,
    }),
  };
}
