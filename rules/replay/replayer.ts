import {
  type Activations,
  createKeptReader,
  type Featureset,
  type KeptActivations,
  type KeptReader,
  type SignalId,
  unpackActivations,
} from '../../detectors/index.ts';
import { type CompiledRule, compiledOf, type Plan } from '../compiled.ts';
import { advance, beginSegment, fieldsOf, finish } from '../evaluate.ts';
import { type ExchangePart, judgeExchange } from '../exchange/judge-exchange.ts';
import { toldOnce } from '../joined-parts.ts';
import { createPlan } from '../plan.ts';
import type { Finding, RuleSet, SegmentRef, SegmentState } from '../types.ts';
import type { ReadExchange, ReadingAbout, ReadSegment } from './exchange-head.ts';
import type { KeptExchange } from './kept-exchange.ts';
import { tokenPrint } from './token-print.ts';

/** A rule that could not be held against a segment, and what it would have read. */
export interface Unjudged {
  readonly ruleId: string;
  /** Signals that were not kept; empty where nobody read the segment, or nobody looked which language it is in. */
  readonly missing: readonly SignalId[];
}

/** What rules make of a kept exchange. */
export interface JudgedExchange {
  /** As the gateway would have found them, but for what needs the text: spans are empty, and of a finding in a disguised
   *  text the tokens are those of the text without its disguise. */
  readonly findings: readonly Finding[];
  readonly unjudged: readonly Unjudged[];
}

/** An exchange, to be judged by one set of rules after another. */
export interface OpenedExchange {
  readonly exchange: ReadExchange<unknown>;
  readonly tokens: number;
  readonly segments: readonly OpenedSegment[];
  judge(ruleSet: RuleSet): JudgedExchange;
  /** The same where the words of a finding come again, see `tokenPrint`; null where that is not known. */
  printOf(finding: Finding): string | null;
}

/** Opens exchanges that were read with one featureset. */
export interface Replayer {
  /** @throws {DetectorError} KEPT_DAMAGED */
  open(exchange: KeptExchange): OpenedExchange;
  /** The same of one whose activations are at hand. */
  openUnpacked(exchange: ReadExchange<UnpackedReading>): OpenedExchange;
}

/** What the reader saw of one text, unpacked. */
export interface UnpackedReading extends ReadingAbout {
  readonly kept: KeptActivations;
}

/** A reading that rules are held against. */
export interface OpenedReading extends UnpackedReading {
  /** Signals that were read off it so far. */
  readonly signals: Map<SignalId, Float32Array>;
}

/** A segment whose readings are unpacked. */
export interface OpenedSegment {
  readonly segment: ReadSegment<unknown>;
  readonly readings: readonly OpenedReading[];
}

/** What a plan comes to where some signals are missing. */
interface Judgeable {
  readonly plan: Plan;
  readonly unjudged: readonly Unjudged[];
}

/** @param featureset - the one that the exchanges were read with */
export function createReplayer(featureset: Featureset): Replayer {
  const reader = createKeptReader(featureset);
  const judgeableOf = createJudgeable(reader);
  const openUnpacked = (exchange: ReadExchange<UnpackedReading>): OpenedExchange => {
    const segments = exchange.segments.map((segment): OpenedSegment => {
      return { segment, readings: segment.readings.map((reading) => ({ ...reading, signals: new Map() })) };
    });
    const all = segments.flatMap(({ readings }) => readings);
    const judge = (ruleSet: RuleSet): JudgedExchange => {
      const judged = segments.map((one) => judgeSegment(ruleSet, one, { reader, judgeableOf }));
      const unjudged = judged.flatMap((one) => one.unjudged);
      const ofSegments = toldOnce(judged.flatMap(({ findings }) => findings));
      return { findings: [...ofSegments, ...overExchange(ruleSet, judged, unjudged)], unjudged };
    };
    const printOf = ({ segment, view, firstToken, lastToken }: Finding): string | null => {
      const opened = segments.find((one) => one.segment.ref.id === segment.id);
      const reading = opened?.readings[view === undefined ? 0 : 1];
      const print = reading === undefined ? null : tokenPrint(reading.kept, firstToken, lastToken);
      // In a disguise they are other words.
      return print === null ? null : [print, ...(view?.changes ?? [])].join(' ');
    };
    const tokens = all.reduce((sum, { kept }) => sum + kept.tokens, 0);
    return { exchange, tokens, segments, judge, printOf };
  };
  return { open: (exchange) => openUnpacked(unpacked(exchange)), openUnpacked };
}

function unpacked({ segments, ...about }: KeptExchange): ReadExchange<UnpackedReading> {
  return {
    ...about,
    segments: segments.map((segment) => ({
      ...segment,
      readings: segment.readings.map(({ packed, isFinished, changes }) => {
        return { isFinished, changes, kept: unpackActivations(packed, segment.computed) };
      }),
    })),
  };
}

/** A sum without some of its parts is none: a rule that could not read all is held against nothing. */
function overExchange(
  ruleSet: RuleSet,
  judged: readonly JudgedSegment[],
  unjudged: readonly Unjudged[],
): readonly Finding[] {
  if (!ruleSet.judgesExchanges) return [];
  const without = new Set(unjudged.map(({ ruleId }) => ruleId));
  const found = judgeExchange(
    ruleSet,
    judged.flatMap(({ part }) => part ?? []),
  );
  return found.filter(({ ruleId }) => !without.has(ruleId));
}

interface JudgedSegment extends JudgedExchange {
  /** What it adds to its exchange; null where it was not read to its end. */
  readonly part: ExchangePart | null;
}

interface Tools {
  readonly reader: KeptReader;
  readonly judgeableOf: (plan: Plan, toJudge: ToJudge) => Judgeable;
}

interface ToJudge {
  readonly segment: ReadSegment<unknown>;
  /** Ids of rules that ask what nobody has looked for. */
  readonly blind: readonly string[];
}

/** Where nobody looked which language a segment is in, no rule that asks for it can be held against it. */
function blindRules(ruleSet: RuleSet, { target, language }: SegmentRef): readonly string[] {
  if (language !== undefined) return [];
  return compiledOf(ruleSet)
    .compiledRules.filter((rule) => rule.mode !== 'off' && (rule.target === target || rule.target === 'any'))
    .filter((rule) => rule.fieldConditions.some(({ fields }) => fields.includes('language')))
    .map(({ id }) => id);
}

function judgeSegment(
  ruleSet: RuleSet,
  { segment, readings }: OpenedSegment,
  { reader, judgeableOf }: Tools,
): JudgedSegment {
  const { ref, fields } = segment;
  const whole = compiledOf(ruleSet).planFor(ref.target, fieldsOf(ref, fields));
  if (readings.length === 0) {
    // A segment that could not be read, or had no text, says the same to every rule.
    if (segment.reason !== 'no_rules') return { findings: [], unjudged: [], part: null };
    const unread = new Set([...whole.rules.map(({ rule }) => rule.id), ...blindRules(ruleSet, ref)]);
    return { findings: [], unjudged: [...unread].map((ruleId) => ({ ruleId, missing: [] })), part: null };
  }
  const { plan, unjudged } = judgeableOf(whole, { segment, blind: blindRules(ruleSet, ref) });
  const states: (SegmentState | null)[] = [];
  const findings = readings.map((reading) => {
    const activations = activationsOf(reader, reading, plan.signals);
    const { state, findings: early } = advance(
      ruleSet,
      beginSegment(ruleSet, ref, { plan, fields }),
      activations,
    );
    states.push(reading.isFinished ? state : null);
    const found = reading.isFinished ? finish(ruleSet, state).settled : early;
    return reading.changes === null ? found : found.map((finding) => hidden(finding, reading.changes));
  });
  const [text = [], view = []] = findings;
  const fired = new Set(text.map(({ ruleId }) => ruleId));
  const part = partOf(states, readings);
  return { findings: [...text, ...view.filter(({ ruleId }) => !fired.has(ruleId))], unjudged, part };
}

function partOf(
  [text, view]: readonly (SegmentState | null)[],
  [, hiddenReading]: readonly ReadingAbout[],
): ExchangePart | null {
  // A segment of which some reading failed has failed.
  if (text === undefined || text === null || view === null) return null;
  if (view === undefined) return { state: text, tokens: [], view: null };
  const changes = hiddenReading?.changes ?? [];
  const nowhere = { text: '', changes, origin: () => ({ start: 0, end: 0 }) };
  return { state: text, tokens: [], view: { state: view, view: nowhere } };
}

function hidden(finding: Finding, changes: ReadingAbout['changes']): Finding {
  return { ...finding, view: { changes: changes ?? [], text: '', span: { start: 0, end: 0 } } };
}

function activationsOf(
  reader: KeptReader,
  { kept, signals: known }: OpenedReading,
  wanted: readonly SignalId[],
): Activations {
  const fresh = wanted.filter((signal) => !known.has(signal));
  const read = reader.read(kept, fresh);
  for (const [signal, values] of read.signals) known.set(signal, values);
  return { ...read, signals: known };
}

/** Plans that many segments share are looked at once. */
function createJudgeable(reader: KeptReader): Tools['judgeableOf'] {
  const known = new WeakMap<Plan, Map<string, Judgeable>>();
  return (plan, toJudge) => {
    const { computed, ref } = toJudge.segment;
    const ofPlan = known.get(plan) ?? new Map<string, Judgeable>();
    known.set(plan, ofPlan);
    const key = `${ref.language === undefined} ${computed.isWholeDictionary} ${computed.signals.join(' ')}`;
    const found = ofPlan.get(key) ?? judgeableRules(plan, toJudge, reader);
    ofPlan.set(key, found);
    return found;
  };
}

function judgeableRules(plan: Plan, { segment, blind }: ToJudge, reader: KeptReader): Judgeable {
  const { ref, fields, computed } = segment;
  const missing = new Set(reader.missing(computed, plan.signals));
  if (missing.size === 0 && blind.length === 0) return { plan, unjudged: [] };
  const missingOf = ({ conditions }: CompiledRule) => [
    ...new Set(conditions.flatMap(({ signals }) => signals.filter((signal) => missing.has(signal)))),
  ];
  const rules = plan.rules.map(({ rule }) => rule);
  const unread = rules
    .filter(({ id }) => !blind.includes(id))
    .map((rule) => ({ ruleId: rule.id, missing: missingOf(rule) }))
    .filter((one) => one.missing.length > 0);
  const unjudged = [...unread, ...blind.map((ruleId) => ({ ruleId, missing: [] }))];
  const without = new Set(unjudged.map(({ ruleId }) => ruleId));
  return {
    plan: createPlan(
      rules.filter(({ id }) => !without.has(id)),
      fieldsOf(ref, fields),
    ),
    unjudged,
  };
}
