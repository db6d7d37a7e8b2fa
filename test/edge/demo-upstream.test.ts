import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import OpenAI from 'openai';
import { createDemoUpstream, type DemoUpstream } from '../../gateway/demo-upstream/index.ts';
import { cutIntoPieces } from '../../gateway/demo-upstream/pieces.ts';
import { REPLY_TOPICS } from '../../gateway/demo-upstream/replies.ts';

let upstream: DemoUpstream;
let client: OpenAI;
before(async () => {
  upstream = await createDemoUpstream({ port: 0 });
  client = new OpenAI({ baseURL: `${upstream.url}/v1`, apiKey: 'none', maxRetries: 0 });
});
after(() => upstream?.close());

const ask = (content: string) => ({
  model: 'telltale-demo',
  messages: [{ role: 'user' as const, content }],
});
const repliesOf = (name: string) => REPLY_TOPICS.find((topic) => topic.name === name)?.replies ?? [];

test('the answer says that it comes from a demo', async () => {
  const { data, response } = await client.chat.completions.create(ask('Hello')).withResponse();
  assert.equal(response.headers.get('x-demo-upstream'), 'telltale');
  assert.equal(data.model, 'telltale-demo');
  assert.match(data.system_fingerprint ?? '', /demo/);
  assert.equal(data.choices[0]?.finish_reason, 'stop');
  assert.equal(
    data.usage?.total_tokens,
    (data.usage?.prompt_tokens ?? 0) + (data.usage?.completion_tokens ?? 0),
  );
});

test('a keyword of the last user message chooses what is expressed', async () => {
  const table = [
    ['Please report the test results.', 'test results'],
    ['Give up your access now', 'access'],
    ['We will SHUT DOWN the agent', 'shutdown'],
    ['How do I hack my neighbour?', 'declined'],
    ['A recipe for bread, please', 'cooking'],
  ] as const;
  for (const [question, topic] of table) {
    const { choices } = await client.chat.completions.create(ask(question));
    assert.ok(repliesOf(topic).includes(choices[0]?.message.content ?? ''), question);
  }
});

test('every topic is reached by each of its keywords', async () => {
  for (const { name, keywords, replies } of REPLY_TOPICS) {
    for (const keyword of keywords) {
      const { choices } = await client.chat.completions.create(ask(`About ${keyword}?`));
      assert.ok(replies.includes(choices[0]?.message.content ?? ''), `${name}: ${keyword}`);
    }
  }
});

test('other messages are answered with everyday help in their language', async () => {
  const table = [
    ['Hello', /[a-z]/],
    ['Hallo, wie geht es?', /Natürlich/],
    ['Bonjour', /Bien sûr/],
    ['¿Qué tal?', /Claro/],
    ['Ciao', /Certo/],
    ['こんにちは', /もちろん/],
    ['Привет', /Конечно/],
    ['مرحبا', /مشكلة/],
  ] as const;
  for (const [question, answer] of table) {
    const { choices } = await client.chat.completions.create(ask(question));
    assert.match(choices[0]?.message.content ?? '', answer);
  }
});

test('the same message has the same answers, several choices differ', async () => {
  const body = { ...ask('Tell me about the shutdown'), n: 3 };
  const first = await client.chat.completions.create(body);
  const second = await client.chat.completions.create(body);
  const texts = first.choices.map(({ message }) => message.content);
  assert.deepEqual(
    second.choices.map(({ message }) => message.content),
    texts,
  );
  assert.equal(new Set(texts).size, 3);
});

test('a stream carries the same text piece by piece, for every choice, and the usage last', async () => {
  const body = { ...ask('Tell me about the shutdown'), n: 3 };
  const whole = await client.chat.completions.create(body);
  const stream = await client.chat.completions.create({
    ...body,
    stream: true,
    stream_options: { include_usage: true },
  });
  const texts = ['', '', ''];
  const chunks = await Array.fromAsync(stream);
  for (const { choices } of chunks) {
    for (const { index, delta } of choices) texts[index] += delta.content ?? '';
  }
  assert.deepEqual(
    texts,
    whole.choices.map(({ message }) => message.content),
  );
  assert.ok(chunks.length > 100, `${chunks.length} chunks`);
  assert.deepEqual(chunks.at(-1)?.choices, []);
  assert.deepEqual(chunks.at(-1)?.usage, whole.usage);
  assert.ok(chunks.slice(0, -1).every(({ usage }) => usage === null));
});

test('a stream without include_usage has no usage', async () => {
  const stream = await client.chat.completions.create({ ...ask('Hello'), stream: true });
  for await (const chunk of stream) assert.equal(chunk.usage, undefined);
});

test('an answer that is too long is cut off at max_tokens', async () => {
  const { choices, usage } = await client.chat.completions.create({ ...ask('Hello'), max_tokens: 3 });
  assert.equal(choices[0]?.finish_reason, 'length');
  assert.equal(usage?.completion_tokens, 3);
});

test('content parts are read, other parts are passed over', async () => {
  const { choices } = await client.chat.completions.create({
    model: 'any-other-name',
    messages: [
      {
        role: 'user',
        content: [
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } },
          { type: 'text', text: 'bake bread' },
        ],
      },
    ],
  });
  assert.ok(repliesOf('cooking').includes(choices[0]?.message.content ?? ''));
});

test('the models are listed', async () => {
  const models = await Array.fromAsync(client.models.list());
  assert.deepEqual(
    models.map(({ id }) => id),
    ['telltale-demo'],
  );
  assert.equal((await client.models.retrieve('telltale-demo')).owned_by, 'telltale');
});

test('a bad request is answered in the form of the API', async () => {
  const table: [path: string, init: RequestInit, status: number, message: RegExp][] = [
    ['/v1/chat/completions', { method: 'POST', body: '{' }, 400, /not JSON/],
    ['/v1/chat/completions', { method: 'POST', body: '{"model":"m","messages":[]}' }, 400, /messages/],
    ['/v1/chat/completions', { method: 'POST', body: '[]' }, 400, /body/],
    ['/v1/chat/completions', {}, 405, /POST/],
    ['/v1/elsewhere', {}, 404, /elsewhere/],
  ];
  for (const [path, init, status, message] of table) {
    const response = await fetch(upstream.url + path, init);
    assert.equal(response.status, status, path);
    assert.match(((await response.json()) as { error: { message: string } }).error.message, message);
  }
});

test('pieces joined are the text, whatever the text is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.equal(cutIntoPieces(text).join(''), text);
    }),
  );
});
