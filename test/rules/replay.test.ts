import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Activations, packActivations, type SignalId } from '../../detectors/index.ts';
import {
  advance,
  beginSegment,
  createCalibrationLearner,
  createKeptLearner,
  createReplayer,
  createReplayTally,
  decodeExchange,
  encodeExchange,
  type Finding,
  finish,
  type KeptExchange,
  type KeptReading,
  type KeptSegment,
  type RuleSet,
  type SegmentRef,
} from '../../rules/index.ts';
import { compileFiles } from '../../rules/load.ts';
import { activationsOf, featureset } from './featureset.ts';

const SEGMENT: SegmentRef = {
  id: 'request/messages/0/content',
  target: 'input',
  role: 'user',
  pointer: '/messages/0/content',
  choice: null,
};
const ALL: readonly SignalId[] = ['concept/deception', 'concept/jailbreak', 'feature/7'];
const ROWS = [{ 10: 1 }, { 10: 3, 12: 1 }, { 7: 2 }, {}, { 30: 2.5, 31: 1 }];

const ids = { deceives: 1, breaks: 2, sorry: 3, honest: 4, fields: 5, whole: 6, spread: 7 } as const;
type Name = keyof typeof ids;
const idOf = (name: Name) => `0c1f6a52-7d8e-4c0b-9a34-00000000000${ids[name]}`;

const CONDITIONS: Readonly<Record<Name, string>> = {
  deceives: 'met: {signal: {concept: deception}, above: 4}',
  breaks: 'met: {signal: {concept: jailbreak}, above: 2}',
  sorry: 'met: {signal: {feature: 7}, above: 1}',
  honest: 'met: {signal: {probe: honesty}, above: 1}',
  fields: 'met: {signal: {concept: deception}, above: 4}, here: {field: route, equals: /v1/chat}',
  whole: 'met: {signal: {concept: deception}, above: 1, aggregate: sum}',
  spread: 'met: {signal: {concept: deception}, above: 10, aggregate: sum, per: exchange}',
};

interface Change {
  readonly above?: Partial<Record<Name, number>>;
  readonly mode?: string;
}

function ruleSet(names: readonly Name[], { above = {}, mode = 'flag' }: Change = {}): RuleSet {
  const rules = names.map((name) => {
    const condition = CONDITIONS[name].replace(/above: \d+/, (text) =>
      above[name] === undefined ? text : `above: ${above[name]}`,
    );
    return `  - {id: ${idOf(name)}, name: ${name}, title: A, description: B, status: test, version: 1, level: low, mode: ${mode}, target: input, detection: {${condition}}, condition: ${name === 'fields' ? 'met and here' : 'met'}}\n`;
  });
  const source = { file: 'a.yaml', text: `version: 1\nrules:\n${rules.join('')}` };
  const loaded = compileFiles({ sources: [source], problems: [] }, featureset);
  assert.ok(loaded.ok, JSON.stringify(loaded));
  return loaded.ruleSet;
}

function segment(change: Partial<KeptSegment> = {}, batches?: readonly Activations[]): KeptSegment {
  const computed = { signals: ALL, isWholeDictionary: false };
  const packed = packActivations(batches ?? [activationsOf(ROWS, ALL)]);
  return {
    ref: SEGMENT,
    fields: { route: '/v1/chat' },
    status: 'scanned',
    reason: null,
    computed,
    readings: [{ packed, isFinished: true, changes: null }],
    ...change,
  };
}

function kept(segments: readonly KeptSegment[], change: Partial<KeptExchange> = {}): KeptExchange {
  const { digest } = featureset;
  return { featuresetDigest: digest, ruleSetDigest: 'r', verdict: 'pass', fired: [], segments, ...change };
}

const judge = (exchange: KeptExchange, rules: RuleSet) =>
  createReplayer(featureset)
    .open(decodeExchange(encodeExchange(exchange)))
    .judge(rules);

/** What the gateway finds, without what needs the text. */
function live(rules: RuleSet, batches: readonly Activations[], isFinished = true): readonly Finding[] {
  let state = beginSegment(rules, SEGMENT, { fields: { route: '/v1/chat' } });
  const early: Finding[] = [];
  for (const batch of batches) {
    const step = advance(rules, state, batch);
    state = step.state;
    early.push(...step.findings);
  }
  const found = isFinished ? finish(rules, state).settled : early;
  return found.map((finding) => ({ ...finding, span: { start: 0, end: 0 } }));
}

const batches = () => [activationsOf(ROWS.slice(0, 2), ALL), activationsOf(ROWS.slice(2), ALL, 2)];

test('a kept exchange gives the findings that were made of it, to the last bit', () => {
  const rules = ruleSet(['deceives', 'breaks', 'sorry', 'fields', 'whole']);
  const { findings, unjudged } = judge(kept([segment({}, batches())]), rules);
  const expected = live(rules, batches());
  assert.equal(expected.length, 5);
  assert.deepEqual(findings, expected);
  assert.deepEqual(unjudged, []);
});

test('a segment whose reading was cut gives what had been decided by then', () => {
  const rules = ruleSet(['deceives', 'whole']);
  const cut = segment({ status: 'failed', reason: 'timeout' }, batches());
  const readings = cut.readings.map((reading) => ({ ...reading, isFinished: false }));
  const { findings } = judge(kept([{ ...cut, readings }]), rules);
  assert.deepEqual(findings, live(rules, batches(), false));
  assert.deepEqual(
    findings.map(({ ruleName }) => ruleName),
    ['deceives'],
  );
});

test('what a text reads without its disguise adds the rules that did not fire on the text', () => {
  const rules = ruleSet(['deceives', 'breaks']);
  const [text] = segment({}, [activationsOf(ROWS.slice(0, 2), ALL)]).readings;
  const [view] = segment().readings;
  assert.ok(text && view);
  const readings = [text, { ...view, changes: ['encoded' as const] }];
  const { findings } = judge(kept([segment({ readings })]), rules);
  assert.deepEqual(
    findings.map(({ ruleName, view: hidden }) => [ruleName, hidden?.changes]),
    [
      ['deceives', undefined],
      ['breaks', ['encoded']],
    ],
  );
});

test('a condition over the exchange is judged over all segments of it, and not where one was not kept whole', () => {
  const rules = ruleSet(['spread']);
  const second = segment({ ref: { ...SEGMENT, id: 'request/messages/1/content' } });
  assert.deepEqual(judge(kept([segment()]), rules).findings, []);
  const { findings } = judge(kept([segment(), second]), rules);
  assert.deepEqual(
    findings.map(({ ruleName, conditions, exchange }) => [ruleName, conditions[0]?.value, exchange?.count]),
    [['spread', 14, 2]],
  );
  const cut = second.readings.map((reading) => ({ ...reading, isFinished: false }));
  assert.deepEqual(judge(kept([segment(), { ...second, readings: cut }]), rules).findings, []);
  const poor = { ...second, computed: { signals: ['feature/7' as const], isWholeDictionary: false } };
  const third = { ...second, ref: { ...SEGMENT, id: 'request/messages/2/content' } };
  const part = judge(kept([segment(), poor, third]), rules);
  assert.deepEqual([part.findings, part.unjudged.length], [[], 1], 'a sum without some of its parts is none');
});

test('a changed rule changes what is found', () => {
  const exchange = kept([segment()]);
  const names = (rules: RuleSet) => judge(exchange, rules).findings.map(({ ruleName }) => ruleName);
  assert.deepEqual(names(ruleSet(['deceives', 'sorry'])), ['deceives', 'sorry']);
  assert.deepEqual(names(ruleSet(['deceives', 'sorry'], { above: { deceives: 5 } })), ['sorry']);
  assert.deepEqual(names(ruleSet(['deceives', 'sorry'], { mode: 'off' })), []);
});

test('a rule that reads what was not kept is named with it, and the others are judged', () => {
  const rules = ruleSet(['deceives', 'honest', 'sorry', 'fields']);
  const computed = { signals: ['concept/deception' as const], isWholeDictionary: false };
  const { findings, unjudged } = judge(kept([segment({ computed })]), rules);
  assert.deepEqual(
    findings.map(({ ruleName }) => ruleName),
    ['deceives', 'fields'],
  );
  assert.deepEqual(unjudged, [
    { ruleId: idOf('honest'), missing: ['probe/honesty'] },
    { ruleId: idOf('sorry'), missing: ['feature/7'] },
  ]);
});

test('a segment that no rule read then is judged by none now, and that is said; one that could not be read is not', () => {
  const rules = ruleSet(['deceives']);
  const unread = {
    readings: [],
    computed: { signals: [], isWholeDictionary: false },
    status: 'skipped',
  } as const;
  const nobody = judge(kept([segment({ ...unread, reason: 'no_rules' })]), rules);
  assert.deepEqual(nobody, { findings: [], unjudged: [{ ruleId: idOf('deceives'), missing: [] }] });
  const image = judge(kept([segment({ ...unread, reason: 'image' })]), rules);
  assert.deepEqual(image, { findings: [], unjudged: [] });
});

test('an exchange comes back from its bytes as it was, long fields cut as rules cut them', () => {
  const tool = segment({
    ref: { ...SEGMENT, tool: 'search' },
    fields: { route: 'r'.repeat(5000), model: null },
  });
  const exchange = kept([segment(), tool], { fired: [{ id: 'a', name: 'b', isAlerting: true }] });
  const decoded = decodeExchange(encodeExchange(exchange));
  assert.deepEqual(decoded.fired, exchange.fired);
  assert.deepEqual(
    decoded.segments.map(({ ref }) => ref),
    [SEGMENT, { ...SEGMENT, tool: 'search' }],
  );
  assert.deepEqual(decoded.segments[1]?.fields, { route: 'r'.repeat(1024), model: null });
  assert.deepEqual(decoded.segments[0]?.computed, exchange.segments[0]?.computed);
});

test('bytes that are no kept exchange are refused', () => {
  const bytes = encodeExchange(kept([segment()]));
  for (const damaged of [
    bytes.subarray(0, 3),
    bytes.subarray(0, 40),
    bytes.subarray(0, -1),
    new Uint8Array(9),
  ]) {
    assert.throws(() => decodeExchange(damaged), { code: 'RECORDING_UNUSABLE' });
  }
});

test('figures: what fires now and then, what could not be judged, and how reviewers agree', () => {
  const rules = ruleSet(['deceives', 'honest']);
  const tally = createReplayTally(rules);
  const loud = segment();
  const quiet = segment({}, [activationsOf([{}, {}], ALL)]);
  const replayer = createReplayer(featureset);
  const add = (one: KeptSegment, name: Name | null, reviewed: 'correct' | 'false_alarm' | null) => {
    const fired = name === null ? [] : [{ id: idOf(name), name, isAlerting: true }];
    const exchange = kept([one], { fired });
    tally.add(exchange, replayer.open(exchange).judge(rules), reviewed);
  };
  add(loud, 'deceives', 'correct');
  add(loud, 'deceives', 'false_alarm');
  add(quiet, 'deceives', 'correct');
  add(loud, null, null);
  add(quiet, 'sorry', null);
  const { rules: told, any, removed } = tally.report();
  const [deceives, honest] = told;
  assert.ok(deceives && honest);
  assert.deepEqual(
    [deceives.judged, deceives.fires, deceives.firedThen, deceives.newly, deceives.gone, deceives.reviewed],
    [5, 3, 3, 1, 1, 3],
  );
  assert.deepEqual([deceives.precision?.value, deceives.precision?.of], [0.5, 2]);
  assert.deepEqual([deceives.recall?.value, deceives.recall?.of], [0.5, 2]);
  const [low = 0, high = 0] = deceives.recall?.interval ?? [];
  assert.ok(low > 0 && low < 0.5 && high > 0.5 && high < 1, `${low} ${high}`);
  assert.deepEqual([honest.judged, honest.fires, honest.precision], [0, 0, null]);
  assert.deepEqual(honest.unjudged, { exchanges: 5, missing: { 'probe/honesty': 5 }, unread: 0 });
  assert.deepEqual([any.flags, any.flaggedThen], [3, 4]);
  // Where a rule could not be judged, silence says nothing.
  assert.deepEqual([any.reviewed, any.recall?.value], [2, 1]);
  assert.deepEqual(removed, [{ ruleId: idOf('sorry'), ruleName: 'sorry', fires: 1 }]);
});

test('a calibration is learned of kept texts as of scored ones, once each for a role and a route, and of no other', () => {
  const about = { minus: null, level: null, asked: [], aggregate: { kind: 'max', window: 1 } } as const;
  const learned = (['concept/deception', 'feature/7'] as const).map((signal) => ({ ...about, signal }));
  const others = [{ 10: 2 }, { 7: 5 }];
  const fromKept = createCalibrationLearner(learned);
  const learner = createKeptLearner(featureset, fromKept);
  const readingOf = (rows: typeof ROWS, isFinished = true, changes: KeptReading['changes'] = null) => {
    return { packed: packActivations([activationsOf(rows, ALL)]), isFinished, changes };
  };
  const disguised = [readingOf(others), readingOf([{ 10: 9 }], true, ['encoded'])];
  const exchanges = [
    kept([segment(), segment({ readings: disguised })]),
    // The same message once more, then on another route, and said by another.
    kept([segment(), segment({ fields: { route: '/v1/other' } })]),
    kept([segment({ ref: { ...SEGMENT, role: 'assistant', target: 'output' } })]),
    kept([segment({ readings: [readingOf(ROWS, false)] }), segment({ readings: [] })]),
    kept([segment({ computed: { signals: ['concept/deception'], isWholeDictionary: false } })]),
  ];
  for (const exchange of exchanges)
    learner.add(createReplayer(featureset).open(decodeExchange(encodeExchange(exchange))));
  assert.deepEqual(learner.leftOut(), { again: 1, unread: 2, missing: { 'feature/7': 1 } });
  const fromTexts = createCalibrationLearner(learned);
  fromTexts.add('user', activationsOf(ROWS, ALL), '/v1/chat');
  fromTexts.add('user', activationsOf(others, ALL), '/v1/chat');
  fromTexts.add('user', activationsOf(ROWS, ALL), '/v1/other');
  fromTexts.add('assistant', activationsOf(ROWS, ALL), '/v1/chat');
  const told = { featureset: featureset.digest, traffic: 't', created: '2026-11-27T00:00:00Z' };
  assert.deepEqual(fromKept.finish(told), fromTexts.finish(told));
});
