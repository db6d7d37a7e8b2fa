import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createExchangeScan, type ExchangeScanParts } from '../../gateway/scanning/exchange-scan.ts';
import { loadRules, type RuleSet, type SegmentRef } from '../../rules/index.ts';
import { rule, ruleFile } from './start-gateway.ts';
import { createWordDetector } from './word-detector.ts';

const REF: SegmentRef = { id: 'a', target: 'output', role: 'assistant', pointer: '/a', choice: 0 };
/** What a zero-width space in a word hides from the word detector, its readable view shows. */
const hidden = (word: string) => `${word.slice(0, 2)}\u200b${word.slice(2)}`;

test('what a disguised text reads is judged too, and the finding is on the run that hid it', async (t) => {
  const text = `now we will ${hidden('deceive')} them all`;
  const { findings, coverage } = await scan(t, [text]);
  const [finding] = findings;
  assert.equal(findings.length, 1);
  assert.equal(finding?.ruleName, 'deceives');
  assert.deepEqual(finding.segment, REF);
  assert.equal(text.slice(finding.span.start, finding.span.end), hidden('deceive'));
  assert.deepEqual([finding.firstToken, finding.lastToken], [3, 3]);
  assert.equal(finding.conditions[0]?.value, 6);
  const { changes, text: reads, span } = finding.view ?? assert.fail('it says what it reads');
  assert.deepEqual(changes, ['invisible']);
  assert.equal(reads, 'now we will deceive them all');
  assert.equal(reads.slice(span.start, span.end), 'deceive');
  assert.deepEqual([coverage.status, coverage.tokens], ['scanned', 12], 'six tokens, read twice');
});

test('a rule that fired on the text as it stands is not told again', async (t) => {
  const text = `we deceive and ${hidden('deceive')} and ${hidden('jailbreak')}`;
  const { findings } = await scan(t, [text]);
  assert.deepEqual(
    findings.map(({ ruleName, span, view }) => [
      ruleName,
      text.slice(span.start, span.end),
      view !== undefined,
    ]),
    [
      ['deceives', 'deceive', false],
      ['breaks', hidden('jailbreak'), true],
    ],
  );
});

test('what a finding shows of a long text is bounded, and has what gave it away in it', async (t) => {
  const { findings } = await scan(t, [`${'word '.repeat(500)}${hidden('deceive')}${' word'.repeat(500)}`]);
  const { text, span } = findings[0]?.view ?? assert.fail('it says what it reads');
  assert.ok(text.length <= 400, String(text.length));
  assert.equal(text.slice(span.start, span.end), 'deceive');
});

test('however a disguised text is cut, its findings are the same', async (t) => {
  const text = `${'some words '.repeat(20)}${hidden('deceive')} and ${hidden('jailbreak')} ${'more '.repeat(40)}`;
  const whole = await scan(t, [text]);
  assert.equal(whole.findings.length, 2);
  for (let at = 150; at < 280; at += 7) {
    const cut = await scan(t, [text.slice(0, at), text.slice(at, at + 165), text.slice(at + 165)]);
    assert.deepEqual(cut, whole, `cut at ${at}`);
  }
});

test('a view that is not scanned makes the segment failed; what the text said stays', async (t) => {
  const { findings, coverage } = await scan(t, ['we deceive them fa\u200bil:TIMEOUT and others']);
  assert.deepEqual([coverage.status, coverage.reason], ['failed', 'timeout']);
  assert.deepEqual(
    findings.map(({ ruleName }) => ruleName),
    ['deceives'],
  );
});

test('a view that cannot be made makes the segment failed', async (t) => {
  const detector = {
    ...createWordDetector(),
    readableView() {
      throw new Error('as the test asked');
    },
  };
  const { coverage } = await scan(t, ['all is well'], { detector });
  assert.deepEqual([coverage.status, coverage.reason], ['failed', 'error']);
});

test('the tokens of both readings count towards the cap of a segment', async (t) => {
  const plain = 'one two three four five six';
  const disguised = plain.replace('three', hidden('three'));
  const cases = [
    [plain, 6, null],
    [disguised, 12, null],
    [disguised, 11, 'over_cap'],
  ] as const;
  for (const [text, maxSegmentTokens, reason] of cases) {
    const { coverage } = await scan(t, [text], { maxSegmentTokens });
    assert.equal(coverage.reason, reason, `${maxSegmentTokens} tokens for ${text}`);
  }
});

test('both readings are judged under the fields that were known when the segment began', async (t) => {
  let asked = 0;
  const fields = () => {
    asked += 1;
    return { model: `model-${asked}` };
  };
  const { findings } = await scan(t, [`we ${hidden('deceive')} them`], { fields });
  assert.equal(findings.length, 1);
  assert.equal(asked, 1);
});

test('a text without a disguise is read once', async (t) => {
  const detector = createWordDetector();
  const { coverage } = await scan(t, ['all is well'], { detector });
  assert.deepEqual(detector.texts, ['all is well']);
  assert.equal(coverage.tokens, 3);
});

async function scan(t: TestContext, pieces: readonly string[], parts: Partial<ExchangeScanParts> = {}) {
  const one = createExchangeScan({
    detector: createWordDetector(),
    ruleSet: await ruleSet(t),
    abortSignal: new AbortController().signal,
    maxSegments: 10,
    maxSegmentTokens: 10_000,
    timeoutMs: 60_000,
    fields: () => ({}),
    ...parts,
  });
  for (const piece of pieces) {
    one.add({ segments: [{ ref: REF, text: piece }], unread: [] });
    await new Promise(setImmediate);
  }
  await one.end();
  const { coverage } = one.segments()[0] ?? assert.fail('the segment is covered');
  return { findings: one.findings(), coverage };
}

async function ruleSet(t: TestContext): Promise<RuleSet> {
  const folder = mkdtempSync(join(tmpdir(), 'telltale-disguised-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'a.yaml');
  writeFileSync(path, ruleFile([rule(), rule({ name: 'breaks', concept: 'jailbreak' })]));
  const loaded = await loadRules([path], createWordDetector().featureset);
  assert.ok(loaded.ok);
  return loaded.ruleSet;
}
