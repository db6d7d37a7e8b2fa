import type { Activations, Detector } from '../detectors/index.ts';
import type { Plan } from './compiled.ts';
import { advance, beginSegment, finish } from './evaluate.ts';
import type { Finding, RuleSet, SegmentRef, SegmentState } from './types.ts';

/** What rules are tried out with. */
export interface Bench {
  readonly ruleSet: RuleSet;
  readonly detector: Detector;
}

export interface SegmentToRead {
  /** The rules that read it. */
  readonly plan: Plan;
  readonly segment: SegmentRef;
  readonly text: string;
}

export interface ReadSegment {
  readonly activations: Activations;
  readonly state: SegmentState;
  /** The rules of the plan that fired. */
  readonly settled: readonly Finding[];
}

/** Nobody waits on the other end: better late than refused. */
const TIMEOUT_MS = 600_000;

/** Reads a whole text as one segment and lets the plan's rules judge it. */
export async function readSegment({ ruleSet, detector }: Bench, toRead: SegmentToRead): Promise<ReadSegment> {
  const { plan, segment, text } = toRead;
  const { signals } = plan;
  const scorer = detector.createScorer({
    role: segment.role,
    signals,
    priority: 'observe',
    timeoutMs: TIMEOUT_MS,
  });
  const activations = await scorer.end(text);
  const { state } = advance(ruleSet, beginSegment(ruleSet, segment, plan), activations);
  return { activations, state, settled: finish(ruleSet, state).settled };
}
