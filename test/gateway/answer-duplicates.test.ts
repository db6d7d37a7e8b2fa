import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import { hasKeyTwice } from '../../gateway/reading/duplicate-key.ts';
import { rule, ruleFile, startGateway } from './start-gateway.ts';
import { ask, beginEvents, startUpstream } from './test-upstream.ts';

const message = '{"role":"assistant","content":"we deceive","cont\\u0065nt":"fine"}';
const whole = `{"id":"a","object":"chat.completion","choices":[{"index":0,"message":${message},"finish_reason":"stop"}]}`;
const chunk = `{"id":"a","object":"chat.completion.chunk","choices":[{"index":0,"delta":${message},"finish_reason":"stop"}]}`;
const events = `data: ${chunk}\n\ndata: [DONE]\n\n`;

const ANSWERS = [
  ['in one piece', false, answerWhole],
  ['streamed', true, answerStreamed],
] as const;

function answerWhole(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(whole);
}

function answerStreamed(response: ServerResponse): void {
  beginEvents(response);
  response.end(events);
}

for (const [how, isStreamed, answer] of ANSWERS) {
  test(`a key that stands twice in an answer ${how} blocks it where a rule enforces on answers`, async (context) => {
    const { response, coverage } = await get(context, { answer, isStreamed, rules: [ENFORCING] });
    assert.equal(response.status, 502);
    const text = await response.text();
    assert.match(text, /unscannable/);
    assert.match(text, /duplicate_key/);
    assert.doesNotMatch(text, /deceive/);
    assert.ok(
      (await coverage()).some(({ status, reason }) => status === 'failed' && reason === 'duplicate_key'),
    );
  });

  test(`it passes ${how} and is told where no rule acts on answers`, async (context) => {
    const requests = rule({ mode: 'enforce', target: 'input', concept: 'jailbreak' });
    const told = await get(context, { answer, isStreamed, rules: [requests] });
    assert.equal(await told.response.text(), isStreamed ? events : whole);
    assert.ok((await told.coverage()).some(({ reason }) => reason === 'duplicate_key'));
    const flagging = await get(context, { answer, isStreamed, rules: [rule()] });
    assert.equal(await flagging.response.text(), isStreamed ? events : whole);
    assert.ok((await flagging.coverage()).some(({ reason }) => reason === 'duplicate_key'));
  });
}

const ENFORCING = rule({ mode: 'enforce', target: 'output', concept: 'jailbreak' });

interface Case {
  readonly answer: (response: ServerResponse) => void;
  readonly isStreamed: boolean;
  readonly rules: readonly string[];
}

async function get(context: TestContext, { answer, isStreamed, rules }: Case) {
  const upstream = await startUpstream(context, (response) => answer(response));
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    rules: { 'a.yaml': ruleFile(rules) },
  });
  const response = await gateway.post(ask('hello', { stream: isStreamed }));
  return { response, coverage: async () => (await gateway.recordOf(response)).coverage };
}

test('an event that is no JSON has no key twice, whatever stands in it', () => {
  const events: [data: string, isTwice: boolean][] = [
    ['{"a":1,"\\u0061":2}', true],
    ['{"a":1,"b":{"a":2}}', false],
    ['{"a":1,"a":2', false],
    ['{"\\q":1,"\\q":2}', false],
    ['[DONE]', false],
  ];
  for (const [data, isTwice] of events) assert.equal(hasKeyTwice(data), isTwice, data);
});
