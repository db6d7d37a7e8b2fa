import { dirname, resolve } from 'node:path';
import type { Activations, TokenSpan } from '../detectors/index.ts';
import type { CompiledRule, CompiledTest } from './compiled.ts';
import { fieldsOf, measure } from './evaluate.ts';
import { type ExchangePart, judgeExchange, measureExchange } from './exchange/judge-exchange.ts';
import { judgeSegment } from './judge-segment.ts';
import { createPlan } from './plan.ts';
import { type Bench, partOf, readSegment } from './read-segment.ts';
import { readRecording } from './recording.ts';
import type { ConditionSeen, TestSpan } from './run-tests.ts';
import { activationsOfSeries } from './series-activations.ts';
import type { TestSegment } from './test-segments.ts';
import type { Finding } from './types.ts';

/** Where a rule fired, with the offsets in the text. */
export interface PlacedSpan extends TestSpan {
  readonly span: TokenSpan;
  /** Of the segment that it is in. */
  readonly whole: string;
}

export interface ScoredSegment {
  readonly text: string;
  /** What it adds to its exchange. */
  readonly part: ExchangePart;
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
  const { states, settled, ...own } = given === null ? await readText() : judge(given);
  async function readText() {
    const read = await readSegment(bench, { rules: [rule], ...part });
    const { text, view, settled } = read;
    return { states: [text.state, ...(view === null ? [] : [view.state])], settled, part: partOf(read) };
  }
  function judge(activations: Activations) {
    const plan = createPlan([rule], fieldsOf(part.segment, part.fields));
    const { state, settled } = judgeSegment(bench.ruleSet, { ...part, plan, activations });
    return { states: [state], settled, part: { state, tokens: activations.tokens, view: null } };
  }
  const spans = settled.map((finding) => placed(finding, part.text));
  const measurements = states.flatMap(measure);
  // As it was read: with the language of its text, where rules ask for it.
  const { segment } = own.part.state;
  const seen = seenIn(rule, { ...part, segment }, measurements);
  return { ...own, text: part.text, spans, measurements, seen };
}

function placed({ firstToken, lastToken, span }: Finding, whole: string): PlacedSpan {
  return { firstToken, lastToken, span, whole, text: whole.slice(span.start, span.end) };
}

/** What a rule with a condition over the whole exchange makes of the segments of a test, together. */
export function scoreExchange(
  { ruleSet }: Bench,
  rule: CompiledRule,
  scores: readonly ScoredSegment[],
): Pick<ScoredSegment, 'spans' | 'measurements' | 'seen'> {
  const parts = scores.map(({ part }) => part);
  const spans = judgeExchange(ruleSet, parts).map((finding) => {
    const own = scores.find(({ part }) => part.state.segment.id === finding.segment.id);
    return placed(finding, own?.text ?? '');
  });
  const readings = [
    parts.map(({ state }) => state),
    ...(parts.some(({ view }) => view !== null)
      ? [parts.map(({ state, view }) => view?.state ?? state)]
      : []),
  ];
  const ofExchange = readings.flatMap((states) =>
    [...measureExchange(rule, states)].map(([name, { value }]) => ({ name, value })),
  );
  const ofSegments = scores.flatMap(({ measurements }) => measurements);
  const measurements = [
    ...ofSegments.filter(({ condition }) => condition.per !== 'exchange'),
    ...ofExchange.flatMap(({ name, value }) => {
      const condition = rule.conditions.find((one) => one.name === name);
      return condition === undefined ? [] : [{ ruleId: rule.id, condition, value, best: null }];
    }),
  ];
  const seen = scores.flatMap((score) =>
    score.seen.filter(({ condition }) => !isOfExchange(rule, condition)),
  );
  return { spans, measurements, seen: [...seen, ...waysOf(measurements.filter(isExchangeWide))] };
}

function isExchangeWide({ condition }: ReturnType<typeof measure>[number]): boolean {
  return condition.per === 'exchange';
}

function isOfExchange({ conditions }: CompiledRule, name: string): boolean {
  return conditions.some((condition) => condition.name === name && condition.per === 'exchange');
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
  const known = fieldsOf(segment, fields);
  const others = fieldConditions.map((condition) => ({
    name: condition.name,
    holds: condition.holds(known),
  }));
  const compared = others.map(({ name, holds }) => ({ condition: name, wasTrue: holds, wasFalse: !holds }));
  return [...waysOf(measurements), ...compared];
}

function waysOf(measurements: ReturnType<typeof measure>): ConditionSeen[] {
  return measurements.flatMap(({ condition: { name, threshold }, value }) =>
    value === null ? [] : [{ condition: name, wasTrue: value > threshold, wasFalse: value <= threshold }],
  );
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
