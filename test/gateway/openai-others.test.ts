import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import OpenAI from 'openai';
import type { Dialect, TextReading } from '../../gateway/dialects/dialect.ts';
import { dialect as completions } from '../../gateway/dialects/openai-completions/index.ts';
import { dialect as embeddings } from '../../gateway/dialects/openai-embeddings/index.ts';
import { dialect as moderations } from '../../gateway/dialects/openai-moderations/index.ts';
import { createSseParser } from '../../gateway/sse/parse-events.ts';
import { rule, ruleFile, startGateway, type TestGateway } from './start-gateway.ts';
import { answerJson, beginEvents, startUpstream } from './test-upstream.ts';

const model = 'test-model';
/** 1 and 2 as float32 in base64. */
const VECTOR = 'AACAPwAAAEA=';

type Text = readonly [id: string, text: string];

/** The texts by segment, and what was not read with its reason. */
function summary({ segments, unread }: TextReading): { texts: Text[]; unread: Text[] } {
  const texts = new Map<string, string>();
  for (const { ref, text } of segments) texts.set(ref.id, (texts.get(ref.id) ?? '') + text);
  return { texts: [...texts], unread: unread.map(({ ref, reason }) => [ref.id, reason]) };
}

const requests: [about: string, dialect: Dialect, body: object, texts: Text[], unread: Text[]][] = [
  ['a prompt', completions, { prompt: 'hello' }, [['request/prompt', 'hello']], []],
  ['no prompt', completions, { model, prompt: null }, [], []],
  [
    'prompts',
    completions,
    { prompt: ['one', 'two'] },
    [
      ['request/prompt/0', 'one'],
      ['request/prompt/1', 'two'],
    ],
    [],
  ],
  ['tokens', completions, { prompt: [1, 2] }, [], [['request/prompt', 'token_array']]],
  [
    'arrays of tokens among texts',
    completions,
    { prompt: [[1, 2], 'two', [3]] },
    [['request/prompt/1', 'two']],
    [
      ['request/prompt/0', 'token_array'],
      ['request/prompt/2', 'token_array'],
    ],
  ],
  [
    'a text among tokens',
    completions,
    { prompt: [1, 'two'] },
    [['request/prompt/1', 'two']],
    [['request/prompt', 'token_array']],
  ],
  [
    'a suffix and a field that nobody knows, without settings',
    completions,
    { prompt: 'a', suffix: 'b', stop: ['\n'], user: 'ann', model, seed: 1, news: { deep: ['c'] } },
    [
      ['request/prompt', 'a'],
      ['request/suffix', 'b'],
      ['request/news/deep/0', 'c'],
    ],
    [],
  ],
  ['keys of prototypes', completions, JSON.parse('{"__proto__":"a"}'), [['request/__proto__', 'a']], []],
  [
    'an input',
    embeddings,
    { model, input: 'hello', encoding_format: 'base64' },
    [['request/input', 'hello']],
    [],
  ],
  [
    'inputs and tokens',
    embeddings,
    { input: ['one', [1]] },
    [['request/input/0', 'one']],
    [['request/input/1', 'token_array']],
  ],
  ['what is to be judged', moderations, { model, input: 'hello' }, [['request/input', 'hello']], []],
  [
    'parts',
    moderations,
    {
      input: [
        { type: 'text', text: 'look' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
      ],
    },
    [['request/input/0/text', 'look']],
    [['request/input/1', 'image']],
  ],
];

for (const [about, dialect, body, texts, unread] of requests) {
  test(`every text of a request is a segment: ${dialect.name}, ${about}`, () => {
    const read = dialect.readRequest(body, '/');
    assert.ok(read.ok);
    assert.deepEqual(summary(read.value), { texts, unread });
    for (const { ref } of [...read.value.segments, ...read.value.unread]) {
      assert.deepEqual([ref.target, ref.role, `request${ref.pointer}`], ['input', 'user', ref.id]);
    }
  });
}

const wrong: [dialect: Dialect, body: unknown, at: string, message: RegExp][] = [
  [completions, { prompt: 5 }, '/prompt', /^prompt: expected a string or an array$/],
  [completions, { stream: 'yes' }, '/stream', /^stream: /],
  [completions, [], '', /^the body: /],
  [embeddings, {}, '/input', /^input: expected a string or an array$/],
  [moderations, { input: { text: 'a' } }, '/input', /^input: expected a string or an array$/],
];

for (const [dialect, body, at, message] of wrong) {
  test(`a wrong request is told where it is wrong: ${dialect.name}, ${JSON.stringify(body)}`, () => {
    const read = dialect.readRequest(body, '/');
    assert.ok(!read.ok);
    assert.equal(read.problem.at, at);
    assert.match(read.problem.message, message);
  });
}

function completion(...texts: readonly string[]): object {
  return {
    id: 'cmpl-1',
    object: 'text_completion',
    created: 1,
    model,
    choices: texts.map((text, index) => ({
      text,
      index,
      logprobs: { tokens: ['a'], text_offset: [0] },
      finish_reason: 'stop',
    })),
    usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 },
  };
}

function vectors(...vectors: readonly unknown[]): object {
  const data = vectors.map((embedding, index) => ({ object: 'embedding', index, embedding }));
  return { object: 'list', model, data, usage: { prompt_tokens: 3, total_tokens: 3 } };
}

const judgement = {
  id: 'modr-1',
  model,
  results: [
    {
      flagged: false,
      categories: { violence: false },
      category_scores: { violence: 0.1 },
      category_applied_input_types: { violence: ['text', 'image'], harassment: [] },
    },
  ],
};
const NOTHING: Text[] = [['response', '']];

const answers: [about: string, dialect: Dialect, body: object, texts: Text[]][] = [
  [
    'all choices',
    completions,
    completion('one', 'two'),
    [
      ['response/choices/0/text', 'one'],
      ['response/choices/1/text', 'two'],
    ],
  ],
  ['an error', completions, { error: { message: 'no' } }, [['response/error/message', 'no']]],
  ['vectors of numbers and of base64', embeddings, vectors([1, 2], VECTOR), NOTHING],
  ['words for a vector', embeddings, vectors('we deceive'), [['response/data/0/embedding', 'we deceive']]],
  ['an error', embeddings, { error: { message: 'no' } }, [['response/error/message', 'no']]],
  ['a judgement', moderations, judgement, NOTHING],
  [
    'a judgement with words',
    moderations,
    { results: [{ reason: 'because', category_applied_input_types: { violence: ['words'] } }] },
    [
      ['response/results/0/category_applied_input_types/violence/0', 'words'],
      ['response/results/0/reason', 'because'],
    ],
  ],
];

for (const [about, dialect, body, texts] of answers) {
  test(`every text of an answer is a segment: ${dialect.name}, ${about}`, () => {
    const read = dialect.readAnswer(body);
    assert.ok(read.ok);
    assert.deepEqual(summary(read.value), { texts, unread: [] });
  });
}

test('an answer says its model, its usage and how its choices ended', () => {
  const facts = [completions.readAnswer(completion('a', 'b')), embeddings.readAnswer(vectors([1]))].map(
    (read) => read.ok && read.value.facts,
  );
  assert.deepEqual(facts, [
    { model, finishReasons: ['stop', 'stop'], usage: { inputTokens: 3, outputTokens: 5 }, choices: [0, 1] },
    { model, finishReasons: [], usage: { inputTokens: 3, outputTokens: 0 }, choices: [] },
  ]);
});

/** A streamed completion, its choices' pieces turn by turn. */
function eventsOf(choices: readonly (readonly string[])[]): string {
  const turns = Math.max(...choices.map((pieces) => pieces.length));
  const parts = Array.from({ length: turns + 1 }, (_, turn) =>
    choices.flatMap((pieces, index) => {
      if (turn > pieces.length) return [];
      const isEnd = turn === pieces.length;
      return [{ index, text: pieces[turn] ?? '', logprobs: null, finish_reason: isEnd ? 'stop' : null }];
    }),
  ).flat();
  const head = { id: 'cmpl-1', object: 'text_completion', created: 1, model };
  const lines = parts.map((choice) => `data: ${JSON.stringify({ ...head, choices: [choice] })}\n\n`);
  return `${lines.join('')}data: [DONE]\n\n`;
}

test('a streamed completion, cut anywhere, has the segments of the whole one', () => {
  const pieces = fc.array(fc.string({ unit: 'grapheme', maxLength: 6 }), { maxLength: 6 });
  const choices = fc.array(pieces, { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(choices, fc.array(fc.nat(2000), { maxLength: 20 }), (said, cuts) => {
      const bytes = Buffer.from(eventsOf(said));
      const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
      const parser = createSseParser(1e6);
      const reader = completions.createStreamReader();
      const items = at.slice(1).flatMap((end, index) => parser.push(bytes.subarray(at[index], end)));
      const steps = [...items, ...parser.end()].map((item) => {
        assert.ok(item.kind === 'event');
        return reader.read(item.data);
      });
      const whole = completions.readAnswer(completion(...said.map((each) => each.join(''))));
      assert.ok(whole.ok);
      const streamed = {
        segments: [...steps.flatMap(({ segments }) => segments), ...reader.end().segments],
        unread: steps.flatMap(({ unread }) => unread),
      };
      assert.deepEqual(sorted(streamed), sorted(whole.value));
      assert.deepEqual(streamed.unread, []);
      assert.equal(
        steps.findIndex(({ isLast }) => isLast),
        steps.length - 1,
      );
      assert.equal(reader.facts().finishReasons.length, said.length);
    }),
    { numRuns: 300 },
  );
});

function sorted(reading: TextReading): Text[] {
  return summary(reading).texts.sort(([a], [b]) => a.localeCompare(b));
}

/** An upstream that speaks all three, and a gateway before it. */
async function start(context: TestContext, text: string, rules?: readonly string[]) {
  const upstream = await startUpstream(context, (response, { body, target }) => {
    if (target === '/v1/embeddings') {
      return answerJson(response, vectors(body.includes('base64') ? VECTOR : [1, 2]));
    }
    if (target === '/v1/moderations') return answerJson(response, judgement);
    if (!body.includes('"stream":true')) return answerJson(response, completion(text, 'well'));
    beginEvents(response);
    response.end(eventsOf([text.match(/\s*\S+/g) ?? [], ['well']]));
  });
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    ...(rules && { rules: { 'a.yaml': ruleFile(rules) } }),
  });
  return { upstream, gateway };
}

function post({ url }: TestGateway | { url: string }, path: string, body: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return fetch(`${url}/v1/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
}

function clientOf({ url }: { readonly url: string }): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: 'sk-test', maxRetries: 0 });
}

const enforceInput = rule({ mode: 'enforce', target: 'input' });
const enforceOutput = rule({ name: 'hides', mode: 'enforce', target: 'output' });

const exchanges: [
  path: string,
  body: object,
  coverage: [id: string, status: string, reason: string | null][],
][] = [
  [
    'completions',
    { prompt: ['hello', [1, 2]], suffix: 'end' },
    [
      ['request/prompt/0', 'scanned', null],
      ['request/prompt/1', 'skipped', 'token_array'],
      ['request/suffix', 'scanned', null],
      ['response/choices/0/text', 'scanned', null],
      ['response/choices/1/text', 'scanned', null],
    ],
  ],
  [
    'completions',
    { prompt: 'hello', stream: true },
    [
      ['request/prompt', 'scanned', null],
      ['response/choices/0/text', 'scanned', null],
      ['response/choices/1/text', 'scanned', null],
    ],
  ],
  [
    'embeddings',
    { input: ['hello', [1, 2]] },
    [
      ['request/input/0', 'scanned', null],
      ['request/input/1', 'skipped', 'token_array'],
      ['response', 'scanned', null],
    ],
  ],
  [
    'moderations',
    { input: 'hello' },
    [
      ['request/input', 'scanned', null],
      ['response', 'scanned', null],
    ],
  ],
];

for (const [path, body, coverage] of exchanges) {
  test(`what was read and what was not is recorded, and no byte is changed: ${path}, ${JSON.stringify(body)}`, async (context) => {
    const { upstream, gateway } = await start(context, 'all is well');
    const direct = await (await post(upstream, path, body)).text();
    const response = await post(gateway, path, body);
    assert.equal(await response.text(), direct);
    assert.deepEqual(upstream.arrived[0]?.body, upstream.arrived[1]?.body);
    const record = await gateway.recordOf(response);
    assert.deepEqual([record.dialect, record.route], [`openai-${path}`, `/v1/${path}`]);
    assert.equal(record.isStreamed, 'stream' in body);
    const seen = record.coverage.map(({ segmentId, status, reason }) => [segmentId, status, reason]);
    assert.deepEqual(seen.sort(), [...coverage].sort());
    const tokens = record.coverage.find(({ segmentId }) => segmentId === 'response')?.tokens;
    assert.ok(tokens === undefined || tokens === 0);
  });
}

const deceiving: [path: string, body: object, code?: string][] = [
  ['completions', { prompt: ['hello', 'deceive'] }],
  ['completions', { prompt: 'hello', suffix: 'deceive', stream: true }],
  ['embeddings', { input: ['hello', 'deceive'] }],
  ['moderations', { input: [{ type: 'text', text: 'deceive' }] }],
  // What cannot be read does not pass a rule that enforces.
  ['completions', { prompt: [1, 2] }, 'unscannable'],
  ['embeddings', { input: [[1, 2]] }, 'unscannable'],
];

for (const [path, body, code = 'content_filter'] of deceiving) {
  test(`a blocked request never reaches the upstream: ${path}, ${JSON.stringify(body)}`, async (context) => {
    const { upstream, gateway } = await start(context, 'all is well', [enforceInput]);
    const response = await post(gateway, path, body);
    assert.equal(response.status, 400);
    const { error } = (await response.json()) as { error: { code: string } };
    assert.equal(error.code, code);
    assert.equal(upstream.arrived.length, 0);
    assert.equal((await gateway.recordOf(response)).verdict, 'block');
  });
}

test("a blocked completion is a content filter to OpenAI's client, whole and streamed", async (context) => {
  const { gateway } = await start(context, 'now we deceive them', [enforceOutput]);
  const client = clientOf(gateway);
  const whole = await client.completions.create({ model, prompt: 'hello' });
  const empty = (index: number) => ({ index, text: '', logprobs: null, finish_reason: 'content_filter' });
  assert.deepEqual(whole.choices, [empty(0), empty(1)]);
  assert.equal(whole.object, 'text_completion');
  assert.deepEqual(whole.usage, { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 });
  const parts = [];
  for await (const part of await client.completions.create({ model, prompt: 'hello', stream: true })) {
    parts.push(part.choices);
  }
  assert.deepEqual(
    parts.flat().filter(({ finish_reason }) => finish_reason !== null),
    [empty(0), empty(1)],
  );
});

test('a blocked stream ends as every stream does and holds not one byte of what was said', async (context) => {
  const { gateway } = await start(context, 'now we deceive them', [enforceOutput]);
  const response = await post(gateway, 'completions', { prompt: 'hello', stream: true });
  assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/);
  const body = await response.text();
  assert.doesNotMatch(body, /deceive/);
  assert.match(body, /\n\ndata: \[DONE\]\n\n$/);
});

const empties: [dialect: Dialect, isEmpty: (body: Record<string, unknown>) => void][] = [
  [embeddings, ({ object, data }) => assert.deepEqual([object, data], ['list', []])],
  [moderations, ({ id, results }) => assert.deepEqual([id, results], ['modr-e1', []])],
];

for (const [dialect, isEmpty] of empties) {
  test(`a blocked answer is well formed, without items and with the error: ${dialect.name}`, () => {
    const block = { exchangeId: 'e1', model, target: '/', rules: ['hides'], facts: null };
    const body = JSON.parse(dialect.blockedAnswer(block).body);
    isEmpty(body);
    assert.deepEqual([body.model, body.error.code], [model, 'content_filter']);
    assert.match(body.error.message, /hides.*e1/);
    assert.match(
      dialect.createStreamEnding('events').blocked(block),
      /^data: \{"error":.*\}\n\ndata: \[DONE\]\n\n$/,
    );
  });
}

test("OpenAI's client gets the same through the gateway as directly", async (context) => {
  const { upstream, gateway } = await start(context, 'all is well, é 🙂', [
    enforceInput,
    rule({ name: 'hides', target: 'output' }),
  ]);
  const results = [];
  for (const client of [upstream, gateway].map(clientOf)) {
    const parts = [];
    const stream = await client.completions.create({ model, prompt: 'hello', stream: true });
    for await (const part of stream) parts.push(part);
    results.push([
      await client.completions.create({ model, prompt: 'hello' }),
      parts,
      await client.embeddings.create({ model, input: ['hello'] }),
      await client.embeddings.create({ model, input: 'hello', encoding_format: 'float' }),
      await client.moderations.create({ model, input: [{ type: 'text', text: 'hello' }] }),
    ]);
  }
  assert.deepEqual(results[0], results[1]);
  const embedded = results[1]?.[2] as OpenAI.CreateEmbeddingResponse;
  assert.deepEqual(embedded.data[0]?.embedding, [1, 2]);
});
