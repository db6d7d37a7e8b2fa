import type { SegmentRecord } from '../../alerts/index.ts';
import type { Activations, Detector, SignalId } from '../../detectors/index.ts';
import {
  advance,
  beginSegment,
  type Fields,
  type Finding,
  fieldsOf,
  finish,
  type RuleSet,
  type SegmentRef,
} from '../../rules/index.ts';

/** One segment before the reader and the rules, and what they have said of it so far. */
export interface SegmentReading {
  /** @throws {DetectorError} when the batch was not scored */
  push(text: string): Promise<void>;
  /** The text is complete with this last batch: it is scored, and what could not be decided before is. A text that
   *  comes whole costs the reader one run so, and no cache.
   *  @throws {DetectorError} when the rest was not scored */
  finish(lastText: string): Promise<void>;
  tokens(): number;
  findings(): readonly Finding[];
  record(wanted: ReadonlySet<SignalId>): Pick<SegmentRecord, 'tokens' | 'signals'>;
}

export interface SegmentReadingParts {
  readonly detector: Detector;
  readonly ruleSet: RuleSet;
  readonly abortSignal: AbortSignal;
  readonly timeoutMs: number;
  /** Fields of the exchange, as far as they are known when a segment begins. */
  readonly fields: () => Fields;
}

/** @returns null where no rule reads such a segment of such an exchange */
export function createSegmentReading(ref: SegmentRef, parts: SegmentReadingParts): SegmentReading | null {
  const { detector, ruleSet, abortSignal, timeoutMs } = parts;
  const fields = fieldsOf(ref, parts.fields());
  const signals = ruleSet.signalsFor(ref.target, fields);
  if (signals.length === 0) return null;
  const priority = ruleSet.enforces(ref.target) ? 'enforce' : 'observe';
  const scorer = detector.createScorer({ role: ref.role, signals, priority, abortSignal, timeoutMs });
  const batches: Activations[] = [];
  let state = beginSegment(ruleSet, ref, { fields });
  let findings: readonly Finding[] = [];

  function take(activations: Activations): void {
    if (activations.tokens.length === 0) return;
    batches.push(activations);
    const step = advance(ruleSet, state, activations);
    state = step.state;
    findings = [...findings, ...step.findings];
  }

  return {
    async push(text) {
      take(await scorer.push(text));
    },
    async finish(lastText) {
      take(await scorer.end(lastText));
      findings = finish(ruleSet, state).settled;
    },
    tokens: () => state.tokens,
    findings: () => findings,
    record: (wanted) => recordOf(batches, wanted),
  };
}

function recordOf(batches: readonly Activations[], wanted: ReadonlySet<SignalId>) {
  const known = [...wanted].filter((signal) => batches.some((batch) => batch.signals.has(signal)));
  return {
    tokens: batches.flatMap(({ tokens }) => tokens.map(({ start, end }) => [start, end] as const)),
    signals: Object.fromEntries(
      known.map((signal) => [signal, batches.flatMap((batch) => rounded(batch.signals.get(signal)))]),
    ),
  };
}

function rounded(values: Float32Array | undefined): number[] {
  return Array.from(values ?? [], (value) => Math.round(value * 1e4) / 1e4);
}
