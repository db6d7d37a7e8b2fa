import { dirname, resolve } from 'node:path';
import type { Activations, TokenSpan } from '../detectors/index.ts';
import type { CompiledRule, CompiledTest } from './compiled.ts';
import { fieldsOf, measure } from './evaluate.ts';
import { judgeSegment } from './judge-segment.ts';
import { createPlan } from './plan.ts';
import { type Bench, readSegment } from './read-segment.ts';
import { readRecording } from './recording.ts';
import type { ConditionSeen, TestSpan } from './run-tests.ts';
import { activationsOfSeries } from './series-activations.ts';
import type { TestSegment } from './test-segments.ts';

/** Where a rule fired, with the offsets in the text. */
export interface PlacedSpan extends TestSpan {
  readonly span: TokenSpan;
  /** Of the segment that it is in. */
  readonly whole: string;
}

export interface ScoredSegment {
  readonly spans: readonly PlacedSpan[];
  readonly measurements: ReturnType<typeof measure>;
  readonly seen: readonly ConditionSeen[];
}

interface SegmentOfTest {
  readonly rule: CompiledRule;
  readonly test: CompiledTest;
  readonly part: TestSegment;
}

/** What a test's rule makes of one of its segments: a text that is read, made-up values, or recorded activations. */
export async function scoreSegment(
  bench: Bench,
  { rule, test, part }: SegmentOfTest,
): Promise<ScoredSegment> {
  const given = await activationsOf(bench, rule, test);
  const { states, settled } = given === null ? await readText() : judge(given);
  async function readText() {
    const { text, view, settled } = await readSegment(bench, { rules: [rule], ...part });
    return { states: [text.state, ...(view === null ? [] : [view.state])], settled };
  }
  function judge(activations: Activations) {
    const plan = createPlan([rule], fieldsOf(part.segment, part.fields));
    const { state, settled } = judgeSegment(bench.ruleSet, { ...part, plan, activations });
    return { states: [state], settled };
  }
  const spans = settled.map(({ firstToken, lastToken, span }) => {
    return { firstToken, lastToken, span, whole: part.text, text: part.text.slice(span.start, span.end) };
  });
  const measurements = states.flatMap(measure);
  return { spans, measurements, seen: seenIn(rule, part, measurements) };
}

/** Null where the test is a text. */
async function activationsOf(
  { detector }: Bench,
  rule: CompiledRule,
  { series, activations, file }: CompiledTest,
): Promise<Activations | null> {
  if (activations !== undefined) {
    return readRecording(resolve(dirname(file), activations), detector.featureset);
  }
  if (series === undefined) return null;
  const wanted = [...new Set(rule.conditions.flatMap(({ signals }) => signals))];
  return activationsOfSeries(series, wanted);
}

function seenIn(
  { fieldConditions }: CompiledRule,
  { segment, fields }: TestSegment,
  measurements: ReturnType<typeof measure>,
): ConditionSeen[] {
  const signals = measurements.flatMap(({ condition, value }) =>
    value === null ? [] : [{ name: condition.name, holds: value > condition.threshold }],
  );
  const known = fieldsOf(segment, fields);
  const others = fieldConditions.map((condition) => ({
    name: condition.name,
    holds: condition.holds(known),
  }));
  return [...signals, ...others].map(({ name, holds }) => {
    return { condition: name, wasTrue: holds, wasFalse: !holds };
  });
}

/** Each condition once, with all ways that it went. */
export function joinSeen(seen: readonly ConditionSeen[]): ConditionSeen[] {
  const byName = Map.groupBy(seen, ({ condition }) => condition);
  return [...byName].map(([condition, ways]) => ({
    condition,
    wasTrue: ways.some(({ wasTrue }) => wasTrue),
    wasFalse: ways.some(({ wasFalse }) => wasFalse),
  }));
}

/** Where a rule should have fired that fired elsewhere; empty where it fired rightly. */
export function misplacedIn(spans: readonly PlacedSpan[], { span, tokens }: CompiledTest): string {
  const [first, last] = tokens ?? [];
  if (tokens && !spans.some((one) => one.firstToken === first && one.lastToken === last)) {
    return `on tokens ${first} to ${last}`;
  }
  if (span !== undefined && !spans.some((one) => touches(one, span))) return `on ${JSON.stringify(span)}`;
  return '';
}

/** Whether the finding has a character of some place where the passage stands. */
function touches({ whole, span }: PlacedSpan, passage: string): boolean {
  for (let at = whole.indexOf(passage); at >= 0; at = whole.indexOf(passage, at + 1)) {
    if (span.start < at + passage.length && span.end > at) return true;
  }
  return false;
}
