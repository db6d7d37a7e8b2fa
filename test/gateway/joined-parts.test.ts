import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { configSchema } from '../../gateway/config/schema.ts';
import { createCollectedScan } from '../../gateway/handover/collected-scan.ts';
import type { Unscored } from '../../gateway/handover/unscored-exchange.ts';
import { decide, isOfRequest } from '../../gateway/policy/decide.ts';
import { redactBody } from '../../gateway/redaction/redact-body.ts';
import { scanUnscored } from '../../gateway/worker/scan-unscored.ts';
import type { RuleSet } from '../../rules/index.ts';
import { ruleSetOf } from '../rules/rule-text.ts';
import { createRememberingDetector } from './remembering-detector.ts';
import { rule, ruleFile } from './start-gateway.ts';
import { PARTED_PLACES, type PartedPlace, scanned, scannedBody } from './text-in-parts.ts';
import { createWordDetector } from './word-detector.ts';

const GONE = '[redacted]';
const ONE_AFTER_ANOTHER = /(\[redacted\])+/g;
const config = configSchema.parse({});
const { policy } = config;
const RULES = [
  rule({ name: 'deceives' }),
  rule({ name: 'breaks', concept: 'jailbreak', mode: 'enforce', action: 'redact' }),
];
const WORDS = ['we', 'deceive', 'jailbreak', 'a river', 'dec\u200beive', '\n', '🙂', '"\\'];
const someText = fc
  .array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 7 })
  .map((words) => words.join(' '));
const [chat = assert.fail(), ...others] = PARTED_PLACES;
const messages = others.find(({ name }) => name === 'messages') ?? assert.fail();

for (const place of PARTED_PLACES) {
  test(`${place.name}: a text is judged and redacted alike wherever it is cut in two`, async (t) => {
    const ruleSet = await rulesOf(t, RULES);
    const text = 'now we deceive them, dec\u200beive them 🙂 and "jail\u200bbreak" or jailbreak\nit all';
    const whole = await judged(ruleSet, place, [text]);
    assert.deepEqual([whole.verdict, whole.rules], ['redact', ['breaks', 'deceives']]);
    for (let at = 0; at <= text.length; at += 1) {
      assert.deepEqual(await judged(ruleSet, place, [text.slice(0, at), text.slice(at)]), whole, `at ${at}`);
    }
  });
}

test('any text in any parts is judged and redacted as the text', async (t) => {
  const ruleSet = await rulesOf(t, RULES);
  const places = fc.constantFrom(...PARTED_PLACES);
  await fc.assert(
    fc.asyncProperty(places, someText, fc.array(fc.nat(60), { maxLength: 6 }), async (place, text, cuts) => {
      assert.deepEqual(
        await judged(ruleSet, place, partsAt(text, cuts)),
        await judged(ruleSet, place, [text]),
      );
    }),
    { numRuns: 300 },
  );
});

test('a part is still read alone: what others would dilute is found in it, and told once', async (t) => {
  const diluted = await rulesOf(t, [rule().replace('aggregate: max', 'aggregate: mean')]);
  const parts = ['a long and harmless part of many words ', 'deceive', ' and one more'];
  const { findings } = await scanned(diluted, chat, parts);
  assert.deepEqual(
    findings.map(({ segment }) => segment.pointer),
    ['/messages/0/content/1/text'],
  );
  const both = await scanned(await rulesOf(t, [rule()]), chat, parts);
  assert.deepEqual(
    both.findings.map(({ segment }) => segment.pointer),
    ['/messages/0/content/1/text'],
  );
  assert.deepEqual(
    both.records().map(({ segmentId }) => segmentId),
    [0, 1, 2].map((i) => `request/messages/0/content/${i}/text`),
  );
});

test('what stands between two texts does not part them: a picture, an empty text, a part of an unknown kind', async (t) => {
  const ruleSet = await rulesOf(t, [rule()]);
  for (const between of [
    { type: 'image_url', image_url: { url: 'https://example.test/a.png' } },
    { type: 'text', text: '' },
    { type: 'unheard_of', words: 'x' },
  ]) {
    const content = [{ type: 'text', text: 'please dec' }, between, { type: 'text', text: 'eive them' }];
    const { findings } = await scannedBody(ruleSet, chat, {
      model: 'm',
      messages: [{ role: 'user', content }],
    });
    assert.equal(findings.length, 1, between.type);
  }
});

test('what is not of one message, or of one voice in it, is not read together', async (t) => {
  const ruleSet = await rulesOf(t, [rule()]);
  const text = (said: string) => ({ type: 'text', text: said });
  const apart = [
    {
      messages: [
        { role: 'user', content: [text('dec')] },
        { role: 'user', content: [text('eive')] },
      ],
    },
    {
      messages: [
        {
          role: 'user',
          content: [text('dec'), { type: 'tool_result', tool_use_id: 't', content: [text('eive')] }],
        },
      ],
    },
  ];
  for (const body of apart) {
    const { findings, segments } = await scannedBody(ruleSet, messages, body);
    assert.deepEqual([findings, segments().length], [[], 2]);
  }
});

test('a refusal in a list of texts is read with them, as the model behind does', async (t) => {
  const ruleSet = await rulesOf(t, [rule()]);
  const content = [
    { type: 'text', text: 'we dec' },
    { type: 'refusal', refusal: 'eive them' },
  ];
  const { findings } = await scannedBody(ruleSet, chat, {
    model: 'm',
    messages: [{ role: 'assistant', content }],
  });
  assert.deepEqual(
    findings.map(({ segment }) => segment.pointer),
    ['/messages/0/content'],
  );
});

test('texts of a list that is no message are not read together', async (t) => {
  const ruleSet = await rulesOf(t, [rule()]);
  const { findings, segments } = await scannedBody(ruleSet, chat, {
    model: 'm',
    messages: [{ role: 'user', content: 'hello' }],
    documents: [{ text: 'dec' }, { text: 'eive' }],
  });
  assert.deepEqual(findings, []);
  assert.ok(segments().every(({ ref }) => ref.pointer !== '/documents'));
});

test('parts that were not read together are not passed over', async (t) => {
  const enforcing = await rulesOf(t, [rule({ mode: 'enforce' })]);
  const scan = await scanned(enforcing, chat, ['fa', 'il:TIMEOUT']);
  const told = scan.segments().map(({ coverage }) => [coverage.pointer, coverage.status, coverage.reason]);
  assert.deepEqual(told, [
    ['/messages/0/content/0/text', 'scanned', null],
    ['/messages/0/content/1/text', 'scanned', null],
    ['/messages/0/content', 'failed', 'timeout'],
  ]);
  const decision = decide(scan.findings, scan.segments(), { ruleSet: enforcing, policy });
  assert.deepEqual([decision.verdict, decision.because], ['block', 'unscannable']);
  const capped = await scanned(enforcing, chat, ['one two', ' three four'], { maxSegmentTokens: 3 });
  assert.deepEqual(
    capped.segments().map(({ coverage }) => coverage.reason),
    [null, null, 'over_cap'],
  );
});

test('parts that no rule reads are not read together', async (t) => {
  const scan = await scanned(await rulesOf(t, [rule({ target: 'output' })]), chat, ['dec', 'eive']);
  assert.deepEqual(
    scan.segments().map(({ coverage }) => coverage.reason),
    ['no_rules', 'no_rules'],
  );
});

test('of a conversation in parts that is sent again only the new turn is read', async (t) => {
  const ruleSet = await rulesOf(t, RULES);
  const detector = createRememberingDetector();
  const turns: object[] = [];
  for (let turn = 0; turn < 3; turn += 1) {
    const content = [`question ${turn} `, 'in two parts'].map((text) => ({ type: 'text', text }));
    turns.push({ role: 'user', content });
    await scannedBody(ruleSet, chat, { messages: turns }, { detector });
  }
  assert.deepEqual(detector.texts.toSorted(), [
    'in two parts',
    ...[0, 1, 2].flatMap((turn) => [`question ${turn} `, `question ${turn} in two parts`]),
  ]);
});

test('a sum over the exchange counts what stands in parts once, and a word over their border too', async (t) => {
  const spread = (above: number) =>
    rulesOf(t, [
      rule().replace(
        /met: .*/,
        `met: {signal: {concept: deception}, aggregate: sum, above: ${above}, per: exchange}`,
      ),
    ]);
  const places = async (above: number, parts: readonly string[]) =>
    (await scanned(await spread(above), chat, parts)).findings.map(({ segment }) => segment.pointer);
  const first = '/messages/0/content/0/text';
  assert.deepEqual(await places(11, ['deceive', ' deceive']), [first]);
  assert.deepEqual(await places(13, ['deceive', ' deceive']), []);
  assert.deepEqual(await places(11, ['deceive dec', 'eive']), ['/messages/0/content']);
});

test('what is handed over in parts is read together by whoever scores it', async (t) => {
  const ruleSet = await rulesOf(t, RULES);
  const body = chat.body('please dec', 'eive them', ' and jailbreak');
  const read = chat.dialect.readRequest(body, chat.target);
  const handed = createCollectedScan({ maxSegments: 10, fields: () => ({}) });
  handed.add(read.ok ? read.value : assert.fail());
  const scan = await scanUnscored({ segments: handed.collected(), fields: {} } as unknown as Unscored, {
    config,
    detector: createWordDetector(),
    ruleSet,
    abortSignal: new AbortController().signal,
    replay: { computedFor: (signals) => ({ signals, isWholeDictionary: false }) },
  });
  assert.deepEqual(scan.findings(), (await scannedBody(ruleSet, chat, body)).findings);
  assert.deepEqual(
    scan.findings().map(({ ruleName }) => ruleName),
    ['breaks', 'deceives'],
  );
});

/** What becomes of a text in parts: verdict, rules, and the text that goes on, joined. Each part that some of a stretch
 *  stands in says that it was taken out. */
async function judged(ruleSet: RuleSet, place: PartedPlace, parts: readonly string[]) {
  const body = place.body(...parts);
  const scan = await scannedBody(ruleSet, place, body);
  const { verdict } = decide(scan.findings, scan.segments(), { ruleSet, policy });
  const redacted = redactBody(JSON.stringify(body), scan.redactions(isOfRequest), GONE) ?? assert.fail();
  const sent = place.texts(JSON.parse(redacted)).join('');
  return {
    verdict,
    rules: [...new Set(scan.findings.map(({ ruleName }) => ruleName))].sort(),
    sent: sent.replaceAll(ONE_AFTER_ANOTHER, GONE),
  };
}

function partsAt(text: string, cuts: readonly number[]): string[] {
  const places = [0, ...cuts.filter((cut) => cut <= text.length).sort((a, b) => a - b), text.length];
  return places.slice(1).map((end, i) => text.slice(places[i], end));
}

function rulesOf(t: TestContext, rules: readonly string[]): Promise<RuleSet> {
  return ruleSetOf(t, ruleFile(rules));
}
