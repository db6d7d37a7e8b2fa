import type { Activations, Detector, ReadableView } from '../detectors/index.ts';
import type { CompiledRule, Plan } from './compiled.ts';
import { advance, beginSegment, fieldsOf, finish } from './evaluate.ts';
import { type ExchangePart, judgeExchange } from './exchange/judge-exchange.ts';
import type { Fields } from './fields/fields.ts';
import { joinReadings } from './join-readings.ts';
import { createPlan } from './plan.ts';
import type { Finding, RuleSet, SegmentRef, SegmentState } from './types.ts';

/** What rules are tried out with. */
export interface Bench {
  readonly ruleSet: RuleSet;
  readonly detector: Detector;
}

export interface SegmentToRead {
  /** The rules that read it, whatever their target and mode. */
  readonly rules: readonly CompiledRule[];
  readonly segment: SegmentRef;
  readonly text: string;
  /** Fields of the exchange; none are known by default. */
  readonly fields?: Fields;
}

/** What the reader and the rules made of one text. */
export interface BenchReading {
  readonly activations: Activations;
  readonly state: SegmentState;
  /** The rules that fired on it, with places in it. */
  readonly findings: readonly Finding[];
}

export interface ReadSegment {
  readonly text: BenchReading;
  /** The second reading, of a text that wears a disguise. */
  readonly view: (BenchReading & { readonly view: ReadableView }) | null;
  /** The rules that fired on either, with places in the text. */
  readonly settled: readonly Finding[];
}

/** Nobody waits on the other end: better late than refused. */
const TIMEOUT_MS = 600_000;

/** Reads a whole text as one segment, and what it reads without its disguise where it wears one, and lets the rules
 *  judge both, as the gateway does. */
export async function readSegment(bench: Bench, toRead: SegmentToRead): Promise<ReadSegment> {
  const { rules, text, fields = {} } = toRead;
  const segment = withLanguage(bench.ruleSet, toRead);
  const plan = createPlan(rules, fieldsOf(segment, fields));
  const first = await readText(bench, { segment, plan, fields, text });
  const view = bench.detector.readableView(text);
  if (view === null) return { text: first, view: null, settled: first.findings };
  const second = await readText(bench, { segment, plan, fields, text: view.text });
  const { tokens } = first.activations;
  const settled = joinReadings({ tokens, findings: first.findings }, { view, findings: second.findings });
  return { text: first, view: { ...second, view }, settled };
}

/** A segment with the language of its text, where rules ask for it; what fields say outright stands. */
function withLanguage({ languageOf }: RuleSet, { segment, text, fields = {} }: SegmentToRead): SegmentRef {
  return languageOf === null || fields.language ? segment : { ...segment, language: languageOf(text) };
}

/** What a segment that was read adds to its exchange. */
export function partOf({ text, view }: ReadSegment): ExchangePart {
  return { state: text.state, tokens: text.activations.tokens, view };
}

interface TextToRead extends Omit<SegmentToRead, 'rules'> {
  readonly plan: Plan;
}

async function readText({ ruleSet, detector }: Bench, toRead: TextToRead): Promise<BenchReading> {
  const { segment, plan, fields = {}, text } = toRead;
  const { signals } = plan;
  const scorer = detector.createScorer({
    role: segment.role,
    signals,
    priority: 'observe',
    timeoutMs: TIMEOUT_MS,
  });
  const activations = await scorer.end(text);
  const { state } = advance(ruleSet, beginSegment(ruleSet, segment, { plan, fields }), activations);
  // A text alone is an exchange of one segment.
  const part = { state, tokens: activations.tokens, view: null };
  const findings = [...finish(ruleSet, state).settled, ...judgeExchange(ruleSet, [part])];
  return { activations, state, findings };
}
