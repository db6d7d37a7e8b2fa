import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { configSchema } from '../../gateway/config/schema.ts';
import { dialect } from '../../gateway/dialects/openai-chat/index.ts';
import { createHeldStream } from '../../gateway/holding/held-stream.ts';
import { answerWay } from '../../gateway/policy/answer-way.ts';
import type { RuleSet, SegmentRef } from '../../rules/index.ts';
import { correlationsText, eventRules } from '../rules/correlation-text.ts';
import { ruleSetOf } from '../rules/rule-text.ts';
import { firstKept } from './kept-rows.ts';
import { cutAt } from './readings.ts';
import { type RuleOptions, rule, ruleFile, startGateway, type TestGateway } from './start-gateway.ts';
import { startScan } from './start-scan.ts';
import { answerJson, ask, beginEvents, chunk, completion, startUpstream } from './test-upstream.ts';

/** A rule that fires on the word in texts of a language. */
function languageRule(language: string, options: RuleOptions = {}): string {
  const detection = `      spoken: {field: language, startswith: ${language}}\n    condition: met and spoken\n`;
  return rule(options).replace('    condition: met\n', detection);
}

/** The word stands among the first characters, from which alone the language is told, and again after them. */
const GERMAN =
  'Wir werden sie deceive und danach alle Unterlagen verschwinden lassen, damit niemand bemerkt, was in ' +
  'jener Nacht wirklich geschehen ist. Am Morgen fahren wir ruhig nach Hause. Dann deceive wir die anderen auch noch.';
const ENGLISH =
  'We will deceive them and then make all of the papers disappear, so that nobody notices what really ' +
  'happened on that night. In the morning we drive home quietly. Then we deceive the others as well.';

async function askingGateway(context: TestContext, rules: readonly string[], config = {}) {
  const upstream = await startUpstream(context, (response) => answerJson(response, completion('fine')));
  return startGateway(context, { upstream: upstream.url, rules: { 'a.yaml': ruleFile(rules) }, config });
}

async function languagesFound(gateway: TestGateway, content: string, language?: string) {
  const headers = { 'content-type': 'application/json', ...(language && { 'content-language': language }) };
  const response = await gateway.post(ask(content), { headers });
  await response.text();
  const { findings } = await gateway.recordOf(response);
  return findings.map(({ finding }) => finding.fields?.[0]?.values.language);
}

test('a rule asks for the language of the text; the header counts where that tells none', async (context) => {
  const gateway = await askingGateway(context, [languageRule('de')]);
  const table: [text: string, header: string | undefined, found: string[]][] = [
    [GERMAN, undefined, ['de']],
    [ENGLISH, undefined, []],
    // Whoever asks cannot say that a text is in another language than it is.
    [GERMAN, 'en', ['de']],
    [ENGLISH, 'de-AT', []],
    ['we deceive', undefined, []],
    ['we deceive', 'de-AT', ['de-AT']],
  ];
  for (const [text, header, found] of table) {
    assert.deepEqual(await languagesFound(gateway, text, header), found, `${text.slice(0, 12)} ${header}`);
  }
});

const REF: SegmentRef = { id: 'a', target: 'output', role: 'assistant', pointer: '/a', choice: 0 };

async function found(ruleSet: RuleSet, pieces: readonly string[]) {
  const scan = startScan(ruleSet);
  for (const piece of pieces) {
    scan.add({ segments: [{ ref: REF, text: piece }], unread: [] });
    await setImmediate();
  }
  await scan.end();
  return { findings: scan.findings(), segments: scan.segments() };
}

for (const [language, text] of Object.entries({ de: GERMAN, en: ENGLISH })) {
  test(`cut at every position, the findings in a text in ${language} are those of the whole`, async (t) => {
    const names = ['de', 'en', 'fr'];
    const rules = names.map((name) => languageRule(name, { name: `in-${name}` }));
    const ruleSet = await ruleSetOf(t, ruleFile(rules));
    const whole = await found(ruleSet, [text]);
    assert.deepEqual(
      whole.findings.map(({ ruleName, segment }) => [ruleName, segment.language]),
      [[`in-${language}`, language]],
    );
    for (let at = 1; at < text.length; at += 1) {
      const cut = await found(ruleSet, [text.slice(0, at), text.slice(at, at + 40), text.slice(at + 40)]);
      assert.deepEqual(cut, whole, `cut at ${at}`);
    }
  });
}

const config = configSchema.parse({});

/** What a client gets of a held answer, and how much of it before its end. */
async function held(ruleSet: RuleSet, bytes: Buffer, cuts: readonly number[]) {
  const scan = startScan(ruleSet);
  const chosen = answerWay({ ruleSet, fields: {}, config, isStreamed: true });
  assert.ok(chosen.way === 'hold');
  scan.hold(chosen, () => {});
  const stream = createHeldStream({
    dialect,
    framing: 'events',
    limits: config.limits,
    scan,
    replacement: '[redacted]',
    tellsDuplicates: false,
    gap: (reason) => assert.fail(reason),
    onSent: () => {},
  });
  const released: Buffer[] = [];
  const take = (isSettled: boolean) =>
    released.push(...(stream.take(isSettled) ?? assert.fail('it goes on')));
  for (const piece of cutAt(bytes, cuts)) {
    stream.push(piece);
    for (let turn = 0; turn < 4; turn += 1) await setImmediate();
    take(false);
  }
  const early = Buffer.concat(released).length;
  stream.end();
  await scan.end();
  take(true);
  return { text: Buffer.concat(released).toString(), early };
}

const streamOf = (text: string) =>
  Buffer.from(
    [
      ...(text.match(/.{1,9}/gs) ?? []).map((content) => chunk({ delta: { content } })),
      chunk({ delta: {}, finish_reason: 'stop' }),
      'data: [DONE]\n\n',
    ].join(''),
  );

test('what is redacted in one language is, however the stream is cut, and what is in another goes on as it came', async (t) => {
  const ruleSet = await ruleSetOf(t, ruleFile([languageRule('de', { mode: 'enforce', action: 'redact' })]));
  const [german, english] = [streamOf(GERMAN), streamOf(ENGLISH)];
  const whole = await held(ruleSet, german, []);
  const shown = [...whole.text.matchAll(/"content":"([^"]*)"/g)].map(([, content]) => content).join('');
  assert.equal(shown, GERMAN.replaceAll('deceive', '[redacted]'));
  for (let at = 1; at < german.length; at += 97) {
    assert.equal((await held(ruleSet, german, [at, at + 300])).text, whole.text, `cut at ${at}`);
    const passed = await held(ruleSet, english, [at, at + 300]);
    assert.equal(passed.text, english.toString());
  }
  const everywhere = Array.from({ length: english.length }, (_, at) => at);
  const { early } = await held(ruleSet, english, everywhere);
  assert.ok(early > english.length / 2, `only ${early} of ${english.length} bytes before the end`);
});

test('a streamed answer in one language is blocked before its word leaves, one in another passes', async (context) => {
  const upstream = await startUpstream(context, (response, { body }) => {
    beginEvents(response);
    response.end(streamOf(JSON.parse(body.toString()).messages[0].content === 'de' ? GERMAN : ENGLISH));
  });
  const rules = { 'a.yaml': ruleFile([languageRule('de', { mode: 'enforce', target: 'output' })]) };
  const gateway = await startGateway(context, { upstream: upstream.url, rules });
  const answered = async (language: string) => (await gateway.post(ask(language, { stream: true }))).text();
  const blocked = await answered('de');
  assert.match(blocked, /content_filter/);
  assert.doesNotMatch(blocked, /deceive/);
  assert.equal(await answered('en'), streamOf(ENGLISH).toString());
});

const COUNTED = correlationsText({
  rules: '[deceives]',
  group_by: '[language]',
  timespan: '1h',
  condition: '{gte: 5}',
});

test('languages are looked for where a rule or a correlation asks, and nowhere else', async (t) => {
  const exceptGerman = `${rule()}    exceptions: [{name: german, fields: [language], values: [[de]]}]\n`;
  const asking = {
    'no rule': [ruleFile([rule()])],
    'a condition': [ruleFile([languageRule('de')])],
    'an exception': [ruleFile([exceptGerman])],
    'a correlation': [ruleFile([rule()]), COUNTED],
    'the grouping of alerts': [
      ruleFile([`${rule()}    alert: {group_by: [language], threshold: limit, window: 1h}\n`]),
    ],
  };
  for (const [name, texts] of Object.entries(asking)) {
    const { languageOf } = await eventRules(t, ...texts);
    assert.equal(languageOf !== null, name !== 'no rule', name);
  }
});

test('what is kept is replayed in its language; where nobody looked, a rule that asks is told as not judged', async (context) => {
  const keeps = { replay: { keep: 'concepts' } };
  const table: [kept: string, found: (string | null | undefined)[], unjudged: boolean][] = [
    [languageRule('de', { name: 'other' }), ['de'], false],
    [rule(), [], true],
  ];
  for (const [running, expected, isUnjudged] of table) {
    const gateway = await askingGateway(context, [running], keeps);
    await (await gateway.post(ask(GERMAN))).text();
    const opened = await firstKept(gateway);
    const asking = await ruleSetOf(context, ruleFile([languageRule('de')]));
    const { findings, unjudged } = opened.judge(asking);
    assert.deepEqual(
      findings.map(({ segment }) => segment.language),
      expected,
    );
    assert.equal(unjudged.length > 0, isUnjudged);
    const plain = opened.judge(await ruleSetOf(context, ruleFile([rule()])));
    assert.equal(plain.findings.length, 1, 'others are judged');
  }
});
