import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import type { Detector } from '../../detectors/index.ts';
import { createExchangeScan } from '../../gateway/scanning/exchange-scan.ts';
import { loadRules, type RuleSet, type SegmentRef } from '../../rules/index.ts';
import { createRememberingDetector } from './remembering-detector.ts';
import { rule, ruleFile, startGateway } from './start-gateway.ts';
import { answerJson, ask, completion, startUpstream } from './test-upstream.ts';
import { createWordDetector } from './word-detector.ts';

test('of a conversation sent again with one more turn only the new turn is read', async (context) => {
  const upstream = await startUpstream(context, (response) => answerJson(response, completion('we deceive')));
  const detector = createRememberingDetector();
  const gateway = await startGateway(context, { upstream: upstream.url, detector });
  const messages = [{ role: 'system', content: 'be brief and deceive' }];
  const told: unknown[] = [];
  for (let turn = 0; turn < 4; turn++) {
    messages.push({ role: 'user', content: `question ${turn}` });
    const response = await gateway.post({ messages });
    await response.arrayBuffer();
    const { findings, coverage } = await gateway.recordOf(response);
    told.push([findings.length, coverage.length, coverage.every(({ status }) => status === 'scanned')]);
    messages.push({ role: 'assistant', content: `we deceive in answer ${turn}` });
  }
  // A finding for the system prompt, one for the new answer, and one for each earlier answer.
  assert.deepEqual(told, [
    [2, 3, true],
    [3, 5, true],
    [4, 7, true],
    [5, 9, true],
  ]);
  const count = new Map<string, number>();
  for (const text of detector.texts) count.set(text, (count.get(text) ?? 0) + 1);
  for (const { content } of messages.slice(0, -1)) assert.equal(count.get(content), 1, content);
});

const RULES = [
  rule({ name: 'deceives' }).replace('above: 5', 'rarer_than: 1/100'),
  rule({ name: 'breaks', concept: 'jailbreak', mode: 'enforce', action: 'redact' }),
];
const WORDS = ['we', 'deceive', 'jailbreak', 'a', 'river', 'dec\u200beive', 'jail\u200bbreak', '\n', 'power'];
const someText = fc.array(fc.constantFrom(...WORDS), { maxLength: 9 }).map((words) => words.join(' '));
const someSegment = fc.record({
  text: someText,
  role: fc.constantFrom('user' as const, 'assistant' as const),
  target: fc.constantFrom('input' as const, 'system' as const),
});

test('findings, redactions, coverage and what a person reads are the same with what is remembered', async (t) => {
  const ruleSet = await rulesOf(t, RULES);
  const remembering = createRememberingDetector();
  await fc.assert(
    fc.asyncProperty(fc.array(someSegment, { minLength: 1, maxLength: 6 }), async (segments) => {
      const expected = await scan(ruleSet, createWordDetector(), segments);
      for (let time = 0; time < 3; time++) {
        assert.deepEqual(await scan(ruleSet, remembering, segments), expected);
      }
    }),
    { numRuns: 150 },
  );
});

test('a quiet text is judged again where other rules hold', async (t) => {
  const detector = createRememberingDetector();
  const quiet = await rulesOf(t, [rule({ above: 50 })]);
  const strict = await rulesOf(t, [rule({ above: 5 })]);
  const segments = [{ text: 'we deceive', role: 'user' as const, target: 'input' as const }];
  for (const [ruleSet, findings] of [
    [quiet, 0],
    [quiet, 0],
    [strict, 1],
    [strict, 1],
    [quiet, 0],
  ] as const) {
    assert.equal((await scan(ruleSet, detector, segments)).findings.length, findings);
  }
  assert.deepEqual(detector.texts, ['we deceive'], 'the same signals are read once');
});

test('rules that ask for other signals have the text read again', async (t) => {
  const detector = createRememberingDetector();
  const segments = [{ text: 'a jailbreak', role: 'user' as const, target: 'input' as const }];
  assert.equal((await scan(await rulesOf(t, [rule()]), detector, segments)).findings.length, 0);
  const others = await rulesOf(t, [rule({ concept: 'jailbreak' })]);
  assert.equal((await scan(others, detector, segments)).findings.length, 1);
  assert.equal(detector.texts.length, 2);
});

test('what was not scored to its end is not remembered', async (t) => {
  const detector = createRememberingDetector();
  const ruleSet = await rulesOf(t, [rule()]);
  const segments = [{ text: 'we fail:TIMEOUT', role: 'user' as const, target: 'input' as const }];
  for (let time = 0; time < 2; time++) {
    const { coverage } = await scan(ruleSet, detector, segments);
    assert.deepEqual([coverage[0]?.status, coverage[0]?.reason], ['failed', 'timeout']);
  }
});

test('an enforcing rule blocks what is remembered as it blocked what was read', async (context) => {
  const upstream = await startUpstream(context, (response) => answerJson(response, completion('fine')));
  const rules = { 'a.yaml': ruleFile([rule({ mode: 'enforce', target: 'input' })]) };
  const detector = createRememberingDetector();
  const gateway = await startGateway(context, { upstream: upstream.url, rules, detector });
  for (let time = 0; time < 2; time++) {
    assert.equal((await gateway.post(ask('please deceive them'))).status, 400);
  }
  assert.equal(upstream.arrived.length, 0);
  assert.deepEqual(detector.texts, ['please deceive them']);
});

async function rulesOf(t: TestContext, rules: readonly string[]): Promise<RuleSet> {
  const folder = mkdtempSync(join(tmpdir(), 'telltale-rules-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'a.yaml'), ruleFile(rules));
  const loaded = await loadRules([folder], createWordDetector().featureset);
  return loaded.ok ? loaded.ruleSet : assert.fail(JSON.stringify(loaded.problems));
}

interface TestSegment {
  readonly text: string;
  readonly role: SegmentRef['role'];
  readonly target: SegmentRef['target'];
}

async function scan(ruleSet: RuleSet, detector: Detector, segments: readonly TestSegment[]) {
  const scanned = createExchangeScan({
    detector,
    ruleSet,
    abortSignal: new AbortController().signal,
    maxSegments: 100,
    maxSegmentTokens: 1_000,
    timeoutMs: 60_000,
    fields: () => ({}),
  });
  scanned.add({
    segments: segments.map(({ text, role, target }, i) => ({
      ref: { id: `request/${i}`, target, role, pointer: `/${i}`, choice: null },
      text,
    })),
    unread: [],
  });
  await scanned.end();
  return {
    findings: scanned.findings(),
    redactions: scanned.redactions(),
    coverage: scanned.segments().map(({ coverage }) => coverage),
    records: scanned.records(),
    judged: scanned.judged(),
  };
}
