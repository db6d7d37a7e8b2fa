import type { TestContext } from 'node:test';
import type { Role } from '../../detectors/index.ts';
import {
  advance,
  beginSegment,
  type ExchangePart,
  finish,
  type RuleSet,
  type SegmentRef,
} from '../../rules/index.ts';
import { activationsOf } from './featureset.ts';
import { ruleSetOf, ruleText } from './rule-text.ts';

export type Parts = Readonly<Record<string, string>>;
export type Target = SegmentRef['target'];

const ROLES: Readonly<Record<Target, Role>> = {
  input: 'user',
  output: 'assistant',
  system: 'system',
  tool_call: 'assistant',
  tool_result: 'tool',
};

/** A condition on feature 1. */
export const condition = (rest: string) => `{lies: {signal: {feature: 1}, ${rest}}}`;

/** A rule over everything in an exchange. */
export function rules(t: TestContext, detection: string, parts: Parts = {}): Promise<RuleSet> {
  return ruleSetOf(t, ruleText({ target: 'any', detection, condition: 'lies', ...parts }));
}

/** A segment by what a reader would see of it. */
export interface Segment {
  readonly target?: Target;
  readonly tool?: string;
  /** Values of feature 1, one a token. */
  readonly values: readonly number[];
}

/** Reads one segment to its end: what it adds to its exchange, and what is found in it alone. */
export function readSegment(ruleSet: RuleSet, { target = 'input', tool, values }: Segment, id: string) {
  const segment: SegmentRef = {
    id,
    target,
    role: ROLES[target],
    pointer: `/${id}`,
    choice: null,
    ...(tool === undefined ? {} : { tool }),
  };
  const activations = activationsOf(
    values.map((value) => ({ 1: value })),
    ['feature/1', 'feature/2'],
  );
  const step = advance(ruleSet, beginSegment(ruleSet, segment), activations);
  const end = finish(ruleSet, step.state);
  const part: ExchangePart = { state: end.state, tokens: activations.tokens, view: null };
  return { part, alone: [...step.findings, ...end.settled] };
}

/** The segments of one exchange, in their order. */
export function partsOf(ruleSet: RuleSet, segments: readonly Segment[]): ExchangePart[] {
  return segments.map((one, i) => readSegment(ruleSet, one, `s${i}`).part);
}

export const input = (...values: number[]): Segment => ({ values });
export const output = (...values: number[]): Segment => ({ target: 'output', values });
