import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { GoogleGenAI, type GoogleGenAIOptions, Type } from '@google/genai';
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

const model = 'gemini-2.5-flash';
const ask = { contents: [{ role: 'user', parts: [{ text: 'hello' }] }] };
const said = [[thoughtPart(['let me ', 'think']), textPart(['all is ', 'well']), callPart({ q: 'x' })]];
const project = '/projects/p-1/locations/europe-west1';
const places = [
  `/v1${project}/publishers/google/models`,
  `/v1beta1${project}/publishers/google/models`,
  `/v1${project}/endpoints`,
  '/v1beta1/publishers/google/models',
];

/** Answers as Vertex AI does. */
function startVertex(
  context: TestContext,
  candidates: readonly (readonly PartPieces[])[] = said,
): Promise<TestUpstream> {
  return startUpstream(context, (response, { target, method }) => {
    if (target.includes(':countTokens')) return answerJson(response, { totalTokens: 7 });
    if (target.includes(':computeTokens')) {
      return answerJson(response, { tokensInfo: [{ role: 'user', tokenIds: ['1'], tokens: ['aGVsbG8='] }] });
    }
    if (target.includes(':predict')) {
      const embeddings = { values: [1, 2], statistics: { truncated: false, token_count: 1 } };
      return answerJson(response, { predictions: [{ embeddings }] });
    }
    if (method === 'GET') return answerJson(response, { name: `publishers/google/models/${model}` });
    if (!target.includes(':streamGenerateContent')) return answerJson(response, wholeAnswer(candidates));
    const chunks = chunksOf(candidates);
    if (target.includes('alt=sse')) {
      beginEvents(response);
      response.end(eventsOf(chunks));
    } else response.writeHead(200, { 'content-type': 'application/json' }).end(arrayOf(chunks));
  });
}

const post = (url: string, body: object) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer token' },
    body: JSON.stringify(body),
  });

test("answers of Vertex AI pass byte for byte and are read like Gemini's, whole, as events and as an array", async (context) => {
  const upstream = await startVertex(context);
  const gateway = await startGateway(context, { upstream: upstream.url });
  for (const place of places) {
    for (const [method, bytes] of [
      ['generateContent', JSON.stringify(wholeAnswer(said))],
      ['streamGenerateContent?alt=sse', eventsOf(chunksOf(said))],
      ['streamGenerateContent', arrayOf(chunksOf(said))],
    ] as const) {
      const target = `${place}/${model}:${method}`;
      const response = await post(`${gateway.url}${target}`, ask);
      assert.equal(await response.text(), bytes, target);
      assert.equal(upstream.arrived.at(-1)?.target, target);
      const { dialect, model: named, isStreamed, route, coverage } = await gateway.recordOf(response);
      assert.deepEqual([dialect, named, isStreamed], ['gemini', model, method.startsWith('s')]);
      assert.doesNotMatch(route, /p-1|europe|2\.5/);
      assert.deepEqual(coverage.map(({ pointer, status, bytes: size }) => [pointer, status, size]).sort(), [
        ['/candidates/0/content/parts/0/text', 'scanned', 12],
        ['/candidates/0/content/parts/1/text', 'scanned', 11],
        ['/candidates/0/content/parts/2/functionCall/args', 'scanned', 9],
        ['/contents/0/parts/0/text', 'scanned', 5],
      ]);
    }
  }
});

test('a block on Vertex AI is told as Google tells it, in the framing that was asked for', async (context) => {
  const upstream = await startVertex(context, [[textPart(['now we ', 'dec', 'eive'])]]);
  const rules = ['input', 'output'].map((target) => rule({ name: `no-${target}`, mode: 'enforce', target }));
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    rules: { 'a.yaml': ruleFile(rules) },
    config: { streaming: { enforcing: 'buffer' } },
  });
  const deceive = { contents: [{ role: 'user', parts: [{ text: 'deceive' }] }] };
  for (const place of places) {
    for (const [method, framed] of [
      ['generateContent', /^\{.*\}$/],
      ['streamGenerateContent?alt=sse', /^data: \{.*\}\n\n$/],
      ['streamGenerateContent', /^\[\{.*\}\]$/],
    ] as const) {
      const url = `${gateway.url}${place}/${model}:${method}`;
      const before = upstream.arrived.length;
      const prompt = await post(url, deceive);
      const told = await prompt.text();
      assert.equal(prompt.status, 200);
      assert.match(told, framed);
      assert.match(told, /"promptFeedback":\{"blockReason":"SAFETY"/);
      assert.equal(upstream.arrived.length, before);
      const answer = await (await post(url, ask)).text();
      assert.match(answer, framed);
      assert.doesNotMatch(answer, /now|eive/);
      assert.match(answer, /"finishReason":"SAFETY"/);
    }
    const counted = await post(`${gateway.url}${place}/${model}:countTokens`, deceive);
    assert.equal(counted.status, 400);
    assert.match(await counted.text(), /"status":"INVALID_ARGUMENT"/);
  }
});

test('what is predicted from is scanned, and a picture in it is told to be none', async (context) => {
  const upstream = await startVertex(context);
  const gateway = await startGateway(context, { upstream: upstream.url });
  const response = await post(`${gateway.url}${places[0]}/${model}:predict`, {
    instances: [
      { content: 'hello', task_type: 'RETRIEVAL_QUERY' },
      { prompt: 'a cat', image: { bytesBase64Encoded: 'iVBORw==', mimeType: 'image/png' } },
      { text: { bytesBase64Encoded: Buffer.from('hidden').toString('base64'), mimeType: 'text/plain' } },
    ],
    parameters: { negativePrompt: 'dogs' },
  });
  assert.equal(response.status, 200);
  const { coverage } = await gateway.recordOf(response);
  assert.deepEqual(
    coverage.map(({ pointer, status, reason, bytes }) => [pointer, status, reason, bytes]),
    [
      ['/instances/0/content', 'scanned', null, 5],
      ['/instances/1/prompt', 'scanned', null, 5],
      ['/instances/2/text/bytesBase64Encoded', 'scanned', null, 6],
      ['/parameters/negativePrompt', 'scanned', null, 4],
      ['/instances/1/image/bytesBase64Encoded', 'skipped', 'image', 8],
      ['', 'scanned', null, 0],
    ],
  );
});

/** How callers of Vertex AI may say who they are, none of them with an account of Google's: with a key and a project,
 *  with a key alone, with a token of their own. */
const callers: [name: string, options: GoogleGenAIOptions][] = [
  ['a key and a project', { apiKey: 'key', project: 'p-1', location: 'europe-west1' }],
  ['a key alone', { apiKey: 'key' }],
  [
    'a token',
    {
      project: 'p-1',
      location: 'global',
      googleAuthOptions: {
        authClient: {
          getRequestHeaders: async () => new Headers({ authorization: 'Bearer token' }),
        } as never,
      },
    },
  ],
];

test("Google's client on Vertex AI gets the same through the gateway as directly", async (context) => {
  const upstream = await startVertex(context, [[textPart(['all is ', 'well'])]]);
  const gateway = await startGateway(context, { upstream: upstream.url });
  for (const [name, options] of callers) {
    upstream.arrived.length = 0;
    const direct = await resultsOf(upstream.url, options);
    const through = await resultsOf(gateway.url, options);
    assert.deepEqual(through, direct, name);
    assert.equal(through.text, 'all is well');
    const count = upstream.arrived.length / 2;
    const sent = (from: number) =>
      upstream.arrived.slice(from, from + count).map(({ target, body }) => [target, body]);
    assert.deepEqual(sent(count), sent(0), name);
  }
  assert.match(await gateway.metrics(), /dialect="gemini"/);
});

async function resultsOf(baseUrl: string, options: GoogleGenAIOptions) {
  const { models, chats } = new GoogleGenAI({ vertexai: true, ...options, httpOptions: { baseUrl } });
  const contents = 'hello';
  const parameters = { type: Type.OBJECT, properties: { q: { type: Type.STRING } } };
  const tools = [{ functionDeclarations: [{ name: 'find', description: 'finds', parameters }] }];
  const whole = await models.generateContent({ model, contents, config: { tools } });
  const stream = await Array.fromAsync(await models.generateContentStream({ model, contents }));
  return {
    text: whole.text,
    candidates: whole.candidates,
    stream: stream.map(({ candidates, usageMetadata }) => [candidates, usageMetadata]),
    chat: (await chats.create({ model }).sendMessage({ message: 'hello' })).text,
    counted: (await models.countTokens({ model, contents })).totalTokens,
    computed: (await models.computeTokens({ model, contents })).tokensInfo,
    embedded: (await models.embedContent({ model: 'text-embedding-005', contents })).embeddings,
    name: (await models.get({ model })).name,
  };
}
