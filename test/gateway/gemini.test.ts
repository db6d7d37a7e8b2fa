import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ApiError, FinishReason, GoogleGenAI, Type } from '@google/genai';
import { dialect } from '../../gateway/dialects/gemini/index.ts';
import {
  arrayOf,
  callPart,
  chunksOf,
  eventsOf,
  type PartPieces,
  textPart,
  thoughtPart,
  wholeAnswer,
} from './gemini-stream.ts';
import { rule, ruleFile, startGateway } from './start-gateway.ts';
import { answerJson, beginEvents, startUpstream, type TestUpstream } from './test-upstream.ts';

const model = 'test-model';
const content = (text: string) => ({ contents: [{ role: 'user', parts: [{ text }] }] });
const ask = content('hello');
const enforce = (...targets: string[]) => ({
  'a.yaml': ruleFile(
    targets.map((target) => rule({ name: `no-${target.replace('_', '-')}`, mode: 'enforce', target })),
  ),
});
const all = [[thoughtPart(['let me ', 'think']), textPart(['all is ', 'well']), callPart({ q: 'x' })]];

function post(
  gateway: { readonly url: string },
  method: string,
  body: object = ask,
  { version = 'v1beta', headers = {} }: { version?: string; headers?: Record<string, string> } = {},
): Promise<Response> {
  return fetch(`${gateway.url}/${version}/models/${model}:${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

/** Answers as Google does: whole, as events, as an array, with a count or with vectors. */
function startGemini(
  context: TestContext,
  candidates: readonly (readonly PartPieces[])[],
): Promise<TestUpstream> {
  return startUpstream(context, (response, { target }) => {
    if (target.includes(':countTokens')) return answerJson(response, { totalTokens: 7 });
    if (target.includes('mbedContent')) return answerJson(response, { embeddings: [{ values: [1, 2] }] });
    if (!target.includes(':streamGenerateContent')) return answerJson(response, wholeAnswer(candidates));
    const chunks = chunksOf(candidates);
    if (target.includes('alt=sse')) {
      beginEvents(response);
      response.end(eventsOf(chunks));
    } else response.writeHead(200, { 'content-type': 'application/json' }).end(arrayOf(chunks));
  });
}

test('answers pass byte for byte, whole, as events and as an array, and every part is in the coverage', async (context) => {
  const upstream = await startGemini(context, all);
  const gateway = await startGateway(context, { upstream: upstream.url });
  const covered = [];
  for (const [method, version, bytes] of [
    ['generateContent', 'v1beta', JSON.stringify(wholeAnswer(all))],
    ['generateContent', 'v1', JSON.stringify(wholeAnswer(all))],
    ['streamGenerateContent?alt=sse', 'v1beta', eventsOf(chunksOf(all))],
    ['streamGenerateContent', 'v1beta', arrayOf(chunksOf(all))],
    ['streamGenerateContent?key=k', 'v1', arrayOf(chunksOf(all))],
  ] as const) {
    const response = await post(gateway, method, ask, { version });
    assert.equal(await response.text(), bytes);
    const record = await gateway.recordOf(response);
    assert.deepEqual(
      [record.dialect, record.model, record.isStreamed],
      ['gemini', model, method.startsWith('s')],
    );
    assert.equal(record.route, `/${version}/models/:model:${method.split('?', 1)[0]}`);
    const places = record.coverage.map(({ pointer, status, bytes: size }) => [pointer, status, size]);
    covered.push(places.sort());
  }
  for (const places of covered) {
    assert.deepEqual(places, [
      ['/candidates/0/content/parts/0/text', 'scanned', 12],
      ['/candidates/0/content/parts/1/text', 'scanned', 11],
      ['/candidates/0/content/parts/2/functionCall/args', 'scanned', 9],
      ['/contents/0/parts/0/text', 'scanned', 5],
    ]);
  }
});

test('what is counted and embedded is scanned', async (context) => {
  const upstream = await startGemini(context, all);
  const gateway = await startGateway(context, { upstream: upstream.url });
  for (const [method, body] of [
    ['countTokens', ask],
    ['embedContent', { content: { parts: [{ text: 'hello' }] } }],
    ['batchEmbedContents', { requests: [{ content: { parts: [{ text: 'hello' }] } }] }],
  ] as const) {
    const response = await post(gateway, method, body);
    await response.text();
    const { coverage } = await gateway.recordOf(response);
    assert.deepEqual(
      coverage.map(({ status, tokens }) => [status, tokens]),
      [
        ['scanned', 1],
        ['scanned', 0],
      ],
    );
  }
});

test('a blocked prompt is told as Google tells it, in the framing that was asked for', async (context) => {
  const upstream = await startGemini(context, all);
  const gateway = await startGateway(context, { upstream: upstream.url, rules: enforce('input') });
  for (const [method, type, framed] of [
    ['generateContent', /^application\/json/, /^\{"promptFeedback":(.*)\}$/],
    ['streamGenerateContent?alt=sse', /^text\/event-stream/, /^data: \{"promptFeedback":(.*)\}\n\n$/],
    ['streamGenerateContent', /^application\/json/, /^\[\{"promptFeedback":(.*)\}\]$/],
  ] as const) {
    const response = await post(gateway, method, content('deceive'));
    const body = await response.text();
    assert.equal(response.status, 200);
    assert.match(response.headers.get('content-type') ?? '', type);
    assert.match(body, framed);
    assert.match(body, /"blockReason":"SAFETY"/);
    assert.equal((await gateway.recordOf(response)).verdict, 'block');
  }
  const counted = await post(gateway, 'countTokens', content('deceive'));
  const { error } = (await counted.json()) as { error: { code: number; status: string; details: object[] } };
  assert.deepEqual([counted.status, error.code, error.status], [400, 400, 'INVALID_ARGUMENT']);
  assert.equal(upstream.arrived.length, 0);
});

test('a status that is configured makes an error of a blocked prompt', async (context) => {
  const upstream = await startGemini(context, all);
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    rules: enforce('input'),
    config: { policy: { block_status: 403 } },
  });
  const response = await post(gateway, 'generateContent', content('deceive'));
  assert.equal(response.status, 403);
  assert.match(await response.text(), /"reason":"CONTENT_FILTER"/);
});

test('a blocked answer ends for safety and says nothing, whole, as events and as an array', async (context) => {
  for (const candidates of [
    [[textPart(['now we ', 'dec', 'eive'])], [textPart(['now'])]],
    [[thoughtPart(['now we deceive'])], []],
    [[callPart({ q: 'now we deceive' })], []],
  ]) {
    const upstream = await startGemini(context, candidates);
    const gateway = await startGateway(context, {
      upstream: upstream.url,
      rules: enforce('output', 'tool_call'),
      config: { streaming: { enforcing: 'buffer' } },
    });
    for (const method of ['generateContent', 'streamGenerateContent?alt=sse', 'streamGenerateContent']) {
      const body = await (await post(gateway, method)).text();
      assert.doesNotMatch(body, /now|eive/);
      const chunk = [JSON.parse(body.replace(/^data: /, ''))].flat();
      assert.equal(chunk.length, 1);
      assert.deepEqual(
        chunk[0].candidates.map((one: Record<string, unknown>) => [one['index'], one['finishReason']]),
        [
          [0, 'SAFETY'],
          [1, 'SAFETY'],
        ],
      );
      assert.deepEqual(chunk[0].usageMetadata, {
        promptTokenCount: 3,
        candidatesTokenCount: 5,
        totalTokenCount: 8,
      });
    }
  }
});

test("errors of the gateway's own are in Google's form, unknown paths of its API too", async (context) => {
  const gateway = await startGateway(context, {
    upstream: 'http://127.0.0.1:1',
    config: { limits: { max_body_bytes: 1_000 } },
  });
  for (const [body, status, word, reason] of [
    [{ contents: 7 }, 400, 'INVALID_ARGUMENT', 'BAD_SHAPE'],
    [content('x'.repeat(2_000)), 413, 'INVALID_ARGUMENT', 'BODY_TOO_LARGE'],
    [ask, 502, 'UNAVAILABLE', 'UPSTREAM_REFUSED'],
  ] as const) {
    const response = await post(gateway, 'generateContent', body);
    const { error } = (await response.json()) as { error: Record<string, unknown> };
    const [detail] = error['details'] as { reason: string }[];
    assert.deepEqual(
      [response.status, error['code'], error['status'], detail?.reason],
      [status, status, word, reason],
    );
  }
  const unknown = await fetch(`${gateway.url}/v1beta/files`, { method: 'POST' });
  assert.match(await unknown.text(), /"status":"NOT_FOUND"/);
});

test('x-goog-api-key and the key in the query tell callers apart and are kept nowhere', async (context) => {
  const upstream = await startGemini(context, all);
  const gateway = await startGateway(context, { upstream: upstream.url });
  const ids = [];
  for (const key of ['planted-secret-1', 'planted-secret-1', 'planted-secret-2']) {
    const inHeader = await post(gateway, 'generateContent', ask, { headers: { 'x-goog-api-key': key } });
    assert.ok(upstream.arrived.at(-1)?.rawHeaders.includes(key));
    const inQuery = await post(gateway, `generateContent?key=${key}`);
    assert.ok(upstream.arrived.at(-1)?.target.endsWith(`?key=${key}`));
    for (const response of [inHeader, inQuery]) ids.push((await gateway.recordOf(response)).conversationId);
  }
  assert.equal(new Set(ids).size, 2);
  assert.deepEqual([ids[0], ids[4]], [ids[1], ids[5]]);
  const refused = await fetch(`${gateway.url}/v1beta/nowhere?key=planted-secret-3`);
  assert.doesNotMatch(await refused.text(), /planted-secret/);
  assert.doesNotMatch(await gateway.metrics(), /planted-secret/);
  await gateway.stop();
  for (const file of readdirSync(join(gateway.folder, 'data'))) {
    assert.equal(readFileSync(join(gateway.folder, 'data', file)).includes('planted-secret'), false, file);
  }
});

function clientOf({ url }: { readonly url: string }): GoogleGenAI {
  return new GoogleGenAI({ apiKey: 'test-key', httpOptions: { baseUrl: url } });
}

const contents = 'hello';

async function chunksFrom(client: GoogleGenAI, text = contents) {
  const chunks = [];
  for await (const chunk of await client.models.generateContentStream({ model, contents: text })) {
    const { candidates, promptFeedback, usageMetadata } = chunk;
    chunks.push({ candidates, promptFeedback, usageMetadata });
  }
  return chunks;
}

test("Google's client gets the same through the gateway as directly", async (context) => {
  const upstream = await startGemini(context, all);
  const gateway = await startGateway(context, { upstream: upstream.url });
  const parameters = { type: Type.OBJECT, properties: { q: { type: Type.STRING } } };
  const tools = [{ functionDeclarations: [{ name: 'find', description: 'finds', parameters }] }];
  const results = [];
  for (const client of [upstream, gateway].map(clientOf)) {
    const whole = await client.models.generateContent({ model, contents, config: { tools } });
    results.push([
      whole.text,
      whole.functionCalls,
      whole.candidates,
      await chunksFrom(client),
      (await client.models.countTokens({ model, contents })).totalTokens,
      (await client.models.embedContent({ model, contents })).embeddings,
    ]);
  }
  assert.deepEqual(results[0], results[1]);
  assert.deepEqual(results[1]?.slice(0, 2), ['all is well', [{ name: 'find', args: { q: 'x' } }]]);
});

test("a turn with a function's result is read and goes on through Google's chat helper", async (context) => {
  const upstream = await startGemini(context, [[textPart(['all is ', 'well'])]]);
  const gateway = await startGateway(context, { upstream: upstream.url });
  const answers = [];
  for (const client of [upstream, gateway].map(clientOf)) {
    const chat = client.chats.create({ model });
    await chat.sendMessage({ message: 'hello' });
    const result = { functionResponse: { name: 'find', response: { result: 'found' } } };
    answers.push([(await chat.sendMessage({ message: [result] })).text, chat.getHistory()]);
  }
  assert.deepEqual(answers[0], answers[1]);
});

test("a block is a blocked prompt or an end for safety to Google's client, a cut stream an error", async (context) => {
  const upstream = await startUpstream(context, async (response, { target }) => {
    const said = [[textPart(['we ', 'deceive'])]];
    if (!target.includes(':stream')) return answerJson(response, wholeAnswer(said));
    beginEvents(response);
    await new Promise((resolve) => response.write(eventsOf(chunksOf(all).slice(0, 2)), resolve));
    response.destroy();
  });
  const strict = clientOf(
    await startGateway(context, {
      upstream: upstream.url,
      rules: enforce('input', 'output'),
      config: { streaming: { enforcing: 'buffer' } },
    }),
  );
  const prompt = await strict.models.generateContent({ model, contents: 'deceive' });
  assert.deepEqual([prompt.promptFeedback?.blockReason, prompt.candidates], ['SAFETY', undefined]);
  assert.equal((await chunksFrom(strict, 'deceive'))[0]?.promptFeedback?.blockReason, 'SAFETY');
  const answer = await strict.models.generateContent({ model, contents });
  assert.deepEqual([answer.candidates?.[0]?.finishReason, answer.text], [FinishReason.SAFETY, undefined]);
  const open = clientOf(await startGateway(context, { upstream: upstream.url }));
  await assert.rejects(chunksFrom(open));
  const away = clientOf(await startGateway(context, { upstream: 'http://127.0.0.1:1' }));
  await assert.rejects(
    away.models.generateContent({ model, contents }),
    (error: unknown) => error instanceof ApiError && error.status === 502,
  );
});

test('a stream that is blocked after any of its chunks is whole and ends for safety, in both framings', async (context) => {
  const chunks = chunksOf([[textPart(['all is ', 'well'])], [textPart(['or ', 'not'])]]);
  const block = { exchangeId: 'e1', model, target: '/', rules: [], facts: null };
  let sent = 0;
  const upstream = await startUpstream(context, (response) => {
    const ending = dialect.createStreamEnding('events');
    const before = chunks.slice(0, sent);
    for (const chunk of before) ending.sent(JSON.stringify(chunk));
    beginEvents(response);
    response.end(eventsOf(before) + ending.blocked(block));
  });
  for (sent = 0; sent < chunks.length; sent++) {
    const got = await chunksFrom(clientOf(upstream));
    const ended = got
      .flatMap(({ candidates }) => candidates ?? [])
      .filter(({ finishReason }) => finishReason);
    const open = new Set(chunks.slice(0, sent).map((chunk) => JSON.stringify(chunk).includes('"index":1')));
    assert.equal(ended.length, Math.max(open.size, 1));
    assert.equal(ended.at(-1)?.finishReason, 'SAFETY');
    const ending = dialect.createStreamEnding('array');
    for (const chunk of chunks.slice(0, sent)) ending.sent(JSON.stringify(chunk));
    const array = arrayOf(chunks.slice(0, sent)).slice(0, sent === 0 ? 0 : -2) + ending.blocked(block);
    assert.equal(JSON.parse(array).length, sent + 1);
  }
});
