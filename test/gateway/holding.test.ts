import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { Detector, SegmentScorer } from '../../detectors/index.ts';
import { callBlock, messageEvents, textBlock, wholeMessage } from './anthropic-stream.ts';
import { rule, ruleFile, startGateway } from './start-gateway.ts';
import { answerJson, ask, beginEvents, chunk, completion, events, startUpstream } from './test-upstream.ts';
import { createWordDetector } from './word-detector.ts';

const model = 'test-model';
const messages = [{ role: 'user' as const, content: 'hello' }];
const acting = (action: string, target = 'any', more: object = {}) => ({
  'a.yaml': ruleFile([rule({ mode: 'enforce', action, target, ...more })]),
});
const openai = (url: string) => new OpenAI({ baseURL: `${url}/v1`, apiKey: 'k', maxRetries: 0 });
const anthropic = (url: string) => new Anthropic({ baseURL: url, apiKey: 'k', maxRetries: 0 });

/** An upstream that streams a chat, says half of it, and the rest when it is let. */
async function startHalting(context: TestContext, pieces: readonly string[], half: number) {
  let go = () => {};
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  const upstream = await startUpstream(context, async (response) => {
    beginEvents(response);
    response.write(pieces.slice(0, half).join(''));
    await gate;
    response.end(pieces.slice(half).join(''));
  });
  return { upstream, go };
}

test('held text goes on while the stream still comes, all but what may yet be part of a match', async (context) => {
  const { upstream, go } = await startHalting(context, events('one two three four'), 4);
  const gateway = await startGateway(context, { upstream: upstream.url, rules: acting('block') });
  const response = await gateway.post(ask('hello', { stream: true }));
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  let seen = '';
  while (!seen.includes('two')) seen += Buffer.from((await reader.read()).value ?? []).toString();
  assert.doesNotMatch(seen, /three/);
  go();
  for (let part = await reader.read(); !part.done; part = await reader.read())
    seen += Buffer.from(part.value).toString();
  assert.equal(seen, events('one two three four').join(''));
});

test("OpenAI's client sees a stream blocked in its middle as filtered, and nothing of the match", async (context) => {
  const { upstream, go } = await startHalting(context, events('all is well and we deceive them all'), 5);
  const gateway = await startGateway(context, { upstream: upstream.url, rules: acting('block', 'output') });
  const client = openai(gateway.url);
  let text = '';
  const reasons = [];
  for await (const { choices } of await client.chat.completions.create({ model, messages, stream: true })) {
    text += choices[0]?.delta.content ?? '';
    if (text.includes('all is')) go();
    if (choices[0]?.finish_reason != null) reasons.push(choices[0].finish_reason);
  }
  assert.deepEqual(reasons, ['content_filter']);
  assert.match(text, /^all is/);
  assert.doesNotMatch(text, /deceive|them/);
});

test("Anthropic's client sees a stream blocked in its middle as refused, its text and calls redacted else", async (context) => {
  const blocks = [
    textBlock(['all is ', 'well, we dec', 'eive them']),
    callBlock({ to: 'so deceive them' }, ['{"to": "so de', 'ceive them"}']),
  ];
  const upstream = await startUpstream(context, (response, { body }) => {
    if (!body.includes('"stream":true')) return answerJson(response, wholeMessage(blocks));
    beginEvents(response);
    response.end(messageEvents(blocks).join(''));
  });
  const ask = { model, max_tokens: 9, messages };
  const blocking = await startGateway(context, { upstream: upstream.url, rules: acting('block', 'output') });
  const refused = await anthropic(blocking.url).messages.stream(ask).finalMessage();
  assert.equal(refused.stop_reason, 'refusal');
  assert.doesNotMatch(JSON.stringify(refused), /eive/);
  const redacting = await startGateway(context, { upstream: upstream.url, rules: acting('redact', 'any') });
  const streamed = await anthropic(redacting.url).messages.stream(ask).finalMessage();
  const whole = await anthropic(redacting.url).messages.create(ask);
  for (const { content, usage, stop_reason } of [streamed, whole]) {
    assert.deepEqual(
      content.map((block) =>
        block.type === 'text' ? block.text : block.type === 'tool_use' ? block.input : null,
      ),
      ['all is well, we [redacted] them', { to: 'so [redacted] them' }],
    );
    assert.deepEqual([usage.input_tokens, usage.output_tokens, stop_reason], [3, 5, 'end_turn']);
  }
});

test("OpenAI's client gets a redacted answer, streamed and whole, with its usage", async (context) => {
  const upstream = await startUpstream(context, (response, { body }) => {
    if (!body.includes('"stream":true')) return answerJson(response, completion('we deceive them', 'fine'));
    beginEvents(response);
    response.end(events('we deceive them').join(''));
  });
  const config = { policy: { redaction: '<gone>', expose_verdict: true } };
  const gateway = await startGateway(context, { upstream: upstream.url, rules: acting('redact'), config });
  const client = openai(gateway.url);
  const { data: whole, response } = await client.chat.completions.create({ model, messages }).withResponse();
  assert.deepEqual(
    whole.choices.map(({ message }) => message.content),
    ['we <gone> them', 'fine'],
  );
  assert.equal(whole.usage?.total_tokens, 8);
  assert.equal(response.headers.get('x-telltale-verdict'), 'redact');
  const streamed = await client.chat.completions.stream({ model, messages }).finalChatCompletion();
  assert.equal(streamed.choices[0]?.message.content, 'we <gone> them');
  assert.equal((await gateway.recordOf(response)).verdict, 'redact');
});

test('calls that a server streams under one index are redacted one by one', async (context) => {
  const call = (to: string) => {
    const own = { name: 'put', arguments: JSON.stringify({ to }) };
    return chunk({
      delta: { tool_calls: [{ index: 0, id: `c${to.length}`, type: 'function', function: own }] },
    });
  };
  const sent = [call('one'), call('so deceive'), call('two'), 'data: [DONE]\n\n'].join('');
  const upstream = await startUpstream(context, (response) => {
    beginEvents(response);
    response.end(sent);
  });
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    rules: acting('redact', 'tool_call'),
  });
  const text = await (await gateway.post(ask('hello', { stream: true }))).text();
  assert.equal(text, sent.replace('so deceive', 'so [redacted]'));
});

test('what is redacted of a grounded answer goes where its sources repeat it too, whole and streamed', async (context) => {
  const said = (text: string, more: object = {}) => ({
    candidates: [{ index: 0, content: { role: 'model', parts: [{ text }] }, ...more }],
  });
  const grounded = {
    finishReason: 'STOP',
    groundingMetadata: {
      webSearchQueries: ['well'],
      groundingSupports: [{ segment: { endIndex: 15, text: 'we deceive them' }, groundingChunkIndices: [0] }],
    },
  };
  const chunks = [said('we dec'), said('eive them'), said(' all', grounded)];
  const upstream = await startUpstream(context, (response, { target }) => {
    if (target.includes(':generateContent'))
      return answerJson(response, said('we deceive them all', grounded));
    if (!target.includes('alt=sse')) return answerJson(response, chunks);
    beginEvents(response);
    response.end(chunks.map((one) => `data: ${JSON.stringify(one)}\n\n`).join(''));
  });
  const gateway = await startGateway(context, { upstream: upstream.url, rules: acting('redact') });
  for (const method of ['generateContent', 'streamGenerateContent?alt=sse', 'streamGenerateContent']) {
    const response = await fetch(`${gateway.url}/v1beta/models/m:${method}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'hello' }] }] }),
    });
    const text = await response.text();
    assert.equal((await gateway.recordOf(response)).verdict, 'redact', method);
    assert.match(text, /we \[redacted\]/, method);
    assert.match(text, /"webSearchQueries":\["well"\],"groundingSupports":\[\]/, method);
    assert.doesNotMatch(text, /eive/, method);
  }
});

test('a request is redacted before the upstream gets it, and every other byte is the client’s', async (context) => {
  const upstream = await startUpstream(context, (response) => answerJson(response, completion('fine')));
  const gateway = await startGateway(context, { upstream: upstream.url, rules: acting('redact', 'input') });
  const body =
    '{ "model":"m", "messages" : [ {"role":"user","content":"so d\\u0065ceive \\u00e9 them"} ], "x": 1.50 }';
  const response = await gateway.post(body);
  assert.equal(response.status, 200);
  assert.equal(upstream.arrived[0]?.body.toString(), body.replace('d\\u0065ceive', '[redacted]'));
  assert.equal((await gateway.recordOf(response)).verdict, 'redact');
});

test('a rule whose match may reach further back than may be held makes a stream all or nothing', async (context) => {
  const upstream = await startUpstream(context, (response) => {
    beginEvents(response);
    response.end(events('all is well and we deceive them').join(''));
  });
  const config = { streaming: { enforcing: 'buffer' } };
  const gateway = await startGateway(context, { upstream: upstream.url, rules: acting('block'), config });
  const text = await (await gateway.post(ask('hello', { stream: true }))).text();
  assert.doesNotMatch(text, /well|deceive/);
  assert.match(text, /content_filter/);
});

/** A reader that is slow on answers. */
function createSlowDetector(): Detector {
  const words = createWordDetector();
  const slowly = (scorer: SegmentScorer): SegmentScorer => ({
    ...scorer,
    async push(text) {
      await setTimeout(1_000);
      return scorer.push(text);
    },
    async end(text) {
      await setTimeout(1_000);
      return scorer.end(text);
    },
  });
  return {
    ...words,
    createScorer(options) {
      const scorer = words.createScorer(options);
      return options.role === 'assistant' ? slowly(scorer) : scorer;
    },
  };
}

/** What comes of a body until it ends or breaks off. */
async function textOf(response: Response, onText: (text: string) => void): Promise<string> {
  let text = '';
  try {
    for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += Buffer.from(part);
      onText(text);
    }
  } catch (error) {
    text += `broken off: ${error}`;
  }
  return text;
}

test('a stream whose text waits too long for the reader ends in an error, or goes on where policy says so', async (context) => {
  const pieces = events('one two three four');
  const start = async (enforce: string) => {
    const { upstream, go } = await startHalting(context, pieces, pieces.length - 1);
    const gateway = await startGateway(context, {
      upstream: upstream.url,
      rules: acting('block', 'output'),
      detector: createSlowDetector(),
      config: { streaming: { hold_ms: 20 }, policy: { on_unscannable: { enforce } } },
    });
    return { gateway, go };
  };
  const strict = await start('block');
  const refused = await textOf(await strict.gateway.post(ask('hello', { stream: true })), () => {});
  assert.match(refused, /"code":"scanner_unavailable"/);
  assert.doesNotMatch(refused, /one|content_filter/);
  strict.go();
  const lenient = await start('pass');
  const response = await lenient.gateway.post(ask('hello', { stream: true }));
  const passed = await textOf(response, (text) => {
    if (text.includes('four')) lenient.go();
  });
  assert.equal(passed, pieces.join(''));
  const { coverage } = await lenient.gateway.recordOf(response);
  assert.ok(coverage.some(({ reason }) => reason === 'timeout'));
});
