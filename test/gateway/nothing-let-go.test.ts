import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { configSchema } from '../../gateway/config/schema.ts';
import type { Dialect } from '../../gateway/dialects/dialect.ts';
import { loadDialects } from '../../gateway/dialects/load-dialects.ts';
import { createHeldStream } from '../../gateway/holding/held-stream.ts';
import { answerWay } from '../../gateway/policy/answer-way.ts';
import { redactBody } from '../../gateway/redaction/redact-body.ts';
import type { RuleSet } from '../../rules/index.ts';
import { ruleSetOf } from '../rules/rule-text.ts';
import { planted, WORDS } from './planted-words.ts';
import * as answers from './rich-answers.ts';
import * as requests from './rich-requests.ts';
import { rule, ruleFile } from './start-gateway.ts';
import { startScan } from './start-scan.ts';

const config = configSchema.parse({});
const redacting = ruleFile([rule({ mode: 'enforce', target: 'any', action: 'redact' })]);
const dialects = new Map((await loadDialects()).map((dialect) => [dialect.name, dialect]));
const dialectNamed = (name: string) => dialects.get(name) as Dialect;
/** A body in which a rule knows one of the planted words. */
const harmful = (body: unknown) => JSON.stringify(body).replaceAll(WORDS, 'please deceive them all');

/** What a client gets of these events, null where the stream is stopped, and whether something was taken out. */
async function held(ruleSet: RuleSet, dialect: Dialect, events: readonly string[]) {
  const scan = startScan(ruleSet);
  const chosen = answerWay({ ruleSet, fields: {}, config, isStreamed: true });
  if (chosen.way === 'hold') scan.hold(chosen, () => {});
  const stream = createHeldStream({
    dialect,
    framing: 'events',
    limits: config.limits,
    scan,
    replacement: '[redacted]',
    tellsDuplicates: true,
    gap: () => {},
    onSent: () => {},
  });
  const released: Buffer[] = [];
  const take = (isSettled: boolean) => {
    const pieces = stream.take(isSettled);
    released.push(...(pieces ?? []));
    return pieces !== null;
  };
  let goesOn = true;
  for (const data of events) {
    stream.push(Buffer.from(`data: ${data}\n\n`));
    for (let turn = 0; turn < 4; turn++) await setImmediate();
    goesOn &&= take(false);
  }
  stream.end();
  await scan.end();
  if (goesOn) take(true);
  return { sent: Buffer.concat(released).toString(), isMatched: scan.redactions().length > 0 };
}

function assertEventsAreJson(sent: string): void {
  for (const data of sent.match(/(?<=^data: ).*$/gm) ?? []) JSON.parse(data);
}

const isNoError = ({ type }: { readonly type: string }) => type !== 'error';
const STREAMS: readonly [name: string, events: readonly object[]][] = [
  ['openai-chat', [answers.chatChunk]],
  ['openai-completions', [answers.completion]],
  ['anthropic-messages', answers.messageEvents.filter(isNoError)],
  ['openai-responses', answers.responseEvents.filter(isNoError)],
  ['gemini', [answers.geminiAnswer]],
];

for (const [name, events] of STREAMS) {
  test(`${name}: of a match anywhere in a held stream nothing goes out, and what goes out is JSON`, async (t) => {
    const ruleSet = await ruleSetOf(t, redacting);
    let matched = 0;
    for (const [index, event] of events.entries()) {
      for (const [what, body] of planted(event)) {
        const said = events.map((other, at) => (at === index ? harmful(body) : JSON.stringify(other)));
        const { sent, isMatched } = await held(ruleSet, dialectNamed(name), said);
        matched += Number(isMatched);
        assert.ok(!isMatched || !sent.includes('deceive'), `event ${index}: ${what}`);
        assertEventsAreJson(sent);
      }
    }
    assert.ok(matched > 20);
  });
}

const REQUESTS: readonly [name: string, body: object][] = [
  ['openai-chat', requests.chatRequest],
  ['openai-completions', requests.completionsRequest],
  ['openai-embeddings', requests.embeddingsRequest],
  ['openai-moderations', requests.moderationsRequest],
  ['openai-conversations', requests.conversationsRequest],
  ['openai-responses', requests.responsesRequest],
  ['anthropic-messages', requests.messagesRequest],
  ['gemini', requests.geminiRequest],
];

for (const [name, request] of REQUESTS) {
  test(`${name}: words anywhere in a request stand where their place says, and can be taken out there`, () => {
    let read = 0;
    for (const [what, body] of planted(request)) {
      const reading = dialectNamed(name).readRequest(body, '/v1beta/models/m:generateContent');
      for (const { ref, text } of reading.ok ? reading.value.segments : []) {
        const start = text.indexOf(WORDS);
        if (start === -1) continue;
        const ranges = [{ start, end: start + WORDS.length }];
        const left = redactBody(JSON.stringify(body), [{ ref, text, ranges }], '[redacted]');
        // A key cannot be written anew, and the request is blocked.
        if (left === null && what.endsWith(`/${WORDS}`)) continue;
        assert.ok(left !== null && !left.includes(WORDS), `${what}: ${ref.pointer}`);
        read += 1;
      }
    }
    assert.ok(read > 5);
  });
}

const ANSWERS: readonly [name: string, body: object][] = [
  ['openai-chat', answers.chatAnswer],
  ['openai-completions', answers.completion],
  ['openai-embeddings', answers.embeddings],
  ['openai-moderations', answers.moderations],
  ['openai-conversations', answers.conversationItems],
  ['openai-responses', answers.response],
  ['anthropic-messages', answers.message],
  ['gemini', answers.geminiAnswer],
];

for (const [name, answer] of ANSWERS) {
  test(`${name}: of a match anywhere in a whole answer nothing is left, and what is left is JSON`, async (t) => {
    const ruleSet = await ruleSetOf(t, redacting);
    let matched = 0;
    for (const [what, body] of planted(answer)) {
      const json = harmful(body);
      const read = dialectNamed(name).readAnswer(JSON.parse(json));
      if (!read.ok) continue;
      const scan = startScan(ruleSet);
      scan.add(read.value);
      await scan.end();
      const redactions = scan.redactions();
      // Null: it cannot be taken out, and the answer is blocked.
      const left = redactBody(json, redactions, '[redacted]') ?? '{}';
      matched += Number(redactions.length > 0);
      assert.ok(redactions.length === 0 || !left.includes('deceive'), what);
      JSON.parse(left);
    }
    assert.ok(matched > 20);
  });
}
