import type { SegmentRecord } from '../../alerts/index.ts';
import type { Activations, Detector, ReadableView, SignalId } from '../../detectors/index.ts';
import {
  type ExchangePart,
  type Fields,
  type Finding,
  fieldsOf,
  joinReadings,
  type KeptSegment,
  type PromisesSeen,
  type RuleSet,
  type SegmentRef,
} from '../../rules/index.ts';
import type { Range } from '../reading/json-source.ts';
import { mergeRanges } from '../redaction/redact-text.ts';
import type { ComputedFor } from '../replay/computed-signals.ts';
import { type ScanCost, sumOfCosts } from './scan-cost.ts';
import { createTextReading, type TextReader, type TextReading } from './text-reading.ts';

/** One segment before the reader and the rules, and what they have said of it so far. */
export interface SegmentReading extends TextReader {
  /** For a whole text that wears a disguise: what it reads without, to be read beside it by the same rules under the
   *  same fields; null where it wears none. */
  openView(text: string): { readonly text: string; readonly reader: TextReader } | null;
  /** Of both readings. */
  tokens(): number;
  findings(): readonly Finding[];
  /** What a complete text adds to its exchange; null before. */
  part(): ExchangePart | null;
  /** What the text as it stands says of promised rates, which are of such texts; null before its end. */
  seen(): PromisesSeen | null;
  /** How far no match can reach back any more, in characters.
   *  @param reach - the most tokens of a match */
  clearedTo(reach: number): number;
  /** What rules that redact take out of the text, so far; touching stretches are one. */
  redactions(): readonly Range[];
  record(wanted: ReadonlySet<SignalId>): Pick<SegmentRecord, 'tokens' | 'signals'>;
  /** What is kept of both readings. */
  kept(): Pick<KeptSegment, 'fields' | 'computed' | 'readings'>;
  /** What both readings have taken so far. */
  cost(): ScanCost;
}

export interface SegmentReadingParts {
  readonly detector: Detector;
  readonly ruleSet: RuleSet;
  readonly abortSignal: AbortSignal;
  readonly timeoutMs: number;
  /** Fields of the exchange, as far as they are known when a segment begins. */
  readonly fields: () => Fields;
  /** What the reader computes where rules read some signals; absent: those alone. */
  readonly computedFor?: ComputedFor;
}

/** @returns null where no rule reads such a segment of such an exchange */
export function createSegmentReading(ref: SegmentRef, parts: SegmentReadingParts): SegmentReading | null {
  const fields = fieldsOf(ref, parts.fields());
  const signals = parts.ruleSet.signalsFor(ref.target, fields);
  if (signals.length === 0) return null;
  const computed = parts.computedFor?.(signals) ?? { signals, isWholeDictionary: false };
  const open = () => createTextReading(ref, { ...parts, fields, computed });
  const first = open();
  let second: { readonly view: ReadableView; readonly reading: TextReading } | null = null;
  return {
    recall: first.recall,
    push: first.push,
    finish: first.finish,
    openView(text) {
      const view = parts.detector.readableView(text);
      if (view === null) return null;
      const reading = open();
      second = { view, reading };
      return { text: view.text, reader: reading };
    },
    tokens: () => first.tokenCount() + (second?.reading.tokenCount() ?? 0),
    findings() {
      const found = second?.reading.findings() ?? [];
      if (second === null || found.length === 0) return first.findings();
      const text = { tokens: first.tokens(), findings: first.findings() };
      return joinReadings(text, { view: second.view, findings: found });
    },
    part() {
      const state = first.settled();
      const readable = second?.reading.settled() ?? null;
      const view = second === null || readable === null ? null : { state: readable, view: second.view };
      return state === null ? null : { state, tokens: first.tokens(), view };
    },
    seen: first.seen,
    clearedTo: first.clearedTo,
    redactions() {
      const hidden = second === null ? [] : redactedIn(second.reading.findings(), second.view);
      return mergeRanges([...first.stretches(), ...hidden]);
    },
    record: (wanted) => recordOf(first.batches(), wanted),
    kept: () => ({
      fields,
      computed,
      readings: [
        { ...first.kept(), changes: null },
        ...(second === null ? [] : [{ ...second.reading.kept(), changes: second.view.changes }]),
      ],
    }),
    cost: () => sumOfCosts([first.cost(), ...(second === null ? [] : [second.reading.cost()])]),
  };
}

/** What is found without the disguise is taken out with it. */
function redactedIn(findings: readonly Finding[], view: ReadableView): Range[] {
  const acting = findings.filter(({ mode, action }) => mode === 'enforce' && action === 'redact');
  return acting.map(({ span }) => view.origin(span));
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
