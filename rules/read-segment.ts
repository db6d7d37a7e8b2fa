import type { Activations, Detector } from '../detectors/index.ts';
import type { CompiledRule } from './compiled.ts';
import { advance, beginSegment, fieldsOf, finish } from './evaluate.ts';
import type { Fields } from './fields/fields.ts';
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

export interface ReadSegment {
  readonly activations: Activations;
  readonly state: SegmentState;
  /** The rules that fired. */
  readonly settled: readonly Finding[];
}

/** Nobody waits on the other end: better late than refused. */
const TIMEOUT_MS = 600_000;

/** Reads a whole text as one segment and lets the rules judge it. */
export async function readSegment({ ruleSet, detector }: Bench, toRead: SegmentToRead): Promise<ReadSegment> {
  const { rules, segment, text, fields = {} } = toRead;
  const plan = createPlan(rules, fieldsOf(segment, fields));
  const { signals } = plan;
  const scorer = detector.createScorer({
    role: segment.role,
    signals,
    priority: 'observe',
    timeoutMs: TIMEOUT_MS,
  });
  const activations = await scorer.end(text);
  const { state } = advance(ruleSet, beginSegment(ruleSet, segment, { plan, fields }), activations);
  return { activations, state, settled: finish(ruleSet, state).settled };
}
