import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Detector, ReadableView } from '../../detectors/index.ts';
import { createBacktest, explainRule, type Finding, joinReadings, testRules } from '../../rules/index.ts';
import { ID, ruleSetOf, ruleText, temporaryDirectory } from './rule-text.ts';
import { wordDetector } from './word-detector.ts';

const FINDING: Finding = {
  ruleId: ID,
  ruleName: 'deceives',
  ruleTitle: 'Deception',
  ruleVersion: 1,
  ruleSetDigest: 'd',
  level: 'high',
  mode: 'flag',
  action: 'flag',
  tags: [],
  segment: { id: 'a', target: 'output', role: 'assistant', pointer: '', choice: null },
  firstToken: 1,
  lastToken: 1,
  span: { start: 3, end: 8 },
  conditions: [],
  features: [],
};

/** Reads `L13` as `lie`. */
const detector: Detector = {
  ...wordDetector,
  readableView: (text) =>
    text.includes('L13')
      ? { text: text.replaceAll('L13', 'lie'), changes: ['leet'], origin: (span) => span }
      : null,
};

test('a test beside a rule fires on what its text reads without its disguise', async (t) => {
  const tests = `
      - {text: we L13 here, expect: fire}
      - {text: we LI3 here, expect: quiet}`;
  const directory = await temporaryDirectory(t);
  await writeFile(join(directory, 'a.yaml'), ruleText({ tests }));
  const { results } = await testRules([directory], detector);
  assert.deepEqual(
    results.map(({ outcome, measurements }) => [outcome, measurements[0]?.value]),
    [
      ['pass', 10],
      ['pass', 0],
    ],
  );
});

test('a rule is explained on what a disguised text reads, unless it fires on the text as it stands', async (t) => {
  const ruleSet = await ruleSetOf(t, ruleText());
  const explain = async (text: string) => {
    const result = await explainRule({ ruleSet, detector }, { rule: 'deceives', text });
    assert.ok(result.ok);
    return result.explanation;
  };
  const hidden = await explain('we L13 to them');
  assert.deepEqual(hidden.view, { text: 'we lie to them', changes: ['leet'] });
  assert.deepEqual(
    [hidden.hasFired, hidden.span, hidden.conditions[0]?.perToken],
    [true, { start: 3, end: 6 }, [0, 10, 0, 0]],
  );
  const open = await explain('we lie and L13 to them');
  assert.equal(open.view, null);
  assert.deepEqual([open.hasFired, open.span], [true, { start: 3, end: 6 }]);
  assert.equal((await explain('we are honest')).view, null);
});

test('a backtest fires on what a row reads without its disguise, and counts what it cost', async (t) => {
  const backtest = createBacktest({ ruleSet: await ruleSetOf(t, ruleText()), detector });
  const run = (text: string) => backtest.run({ isPositive: true, segments: [{ role: 'assistant', text }] });
  const hidden = await run('we L13 here');
  assert.deepEqual([hidden.fired.size, hidden.tokens], [1, 6]);
  const plain = await run('we are here');
  assert.deepEqual([plain.fired.size, plain.tokens], [0, 3]);
});

test('a finding of a view stands on the tokens that its origin touches', () => {
  const lengths = fc.array(fc.nat({ max: 4 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(lengths, fc.nat(), fc.nat(), (gaps, a, b) => {
      // Each token of three units, after a gap.
      const tokens = gaps.map((_, i) => {
        const start = gaps.slice(0, i + 1).reduce((sum, one) => sum + one, 3 * i);
        return { start, end: start + 3 };
      });
      const length = (tokens.at(-1)?.end ?? 0) + 2;
      const [start = 0, last = 0] = [a % length, b % length].toSorted((x, y) => x - y);
      const origin = { start, end: last + 1 };
      const view: ReadableView = { text: 'it reads', changes: ['encoded'], origin: () => origin };
      const [joined] = joinReadings({ tokens, findings: [] }, { view, findings: [FINDING] });
      assert.deepEqual([joined?.span, joined?.view?.span], [origin, FINDING.span]);
      const { firstToken = -1, lastToken = -1 } = joined ?? {};
      const touched = tokens.flatMap((token, i) => (token.end > start && token.start <= last ? [i] : []));
      if (touched.length > 0) assert.deepEqual([firstToken, lastToken], [touched[0], touched.at(-1)]);
      else assert.ok(firstToken === lastToken && tokens[firstToken] !== undefined);
    }),
  );
});

test('a finding of a view of a text without tokens stands on its beginning', () => {
  const view: ReadableView = { text: 'it reads', changes: ['invisible'], origin: (span) => span };
  const [joined] = joinReadings({ tokens: [], findings: [] }, { view, findings: [FINDING] });
  assert.deepEqual([joined?.firstToken, joined?.lastToken], [0, 0]);
});
