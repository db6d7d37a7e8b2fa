import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { dialect as anthropic } from '../../gateway/dialects/anthropic-messages/index.ts';
import type { Dialect } from '../../gateway/dialects/dialect.ts';
import { dialect as chat } from '../../gateway/dialects/openai-chat/index.ts';
import { dialect as completions } from '../../gateway/dialects/openai-completions/index.ts';
import { callBlock, messageEvents, textBlock, thinkingBlock } from './anthropic-stream.ts';
import { beginEvents, chunk, startUpstream } from './test-upstream.ts';

const model = 'test-model';
const block = { exchangeId: 'e1', model, target: '/', rules: [], facts: null };
const dataOf = (event: string) => /^data: (.*)$/m.exec(event)?.[1] ?? '';

/** An upstream whose stream is blocked after each of its events in turn, and what `read` makes of each. */
async function endedAnywhere<T>(
  context: TestContext,
  { dialect, events }: { readonly dialect: Dialect; readonly events: readonly string[] },
  read: (url: string) => Promise<T>,
): Promise<T[]> {
  let sent = 0;
  const upstream = await startUpstream(context, (response) => {
    const ending = dialect.createStreamEnding('events');
    const before = events.slice(0, sent);
    for (const event of before) ending.sent(dataOf(event));
    beginEvents(response);
    response.end(before.join('') + ending.blocked(block));
  });
  const results: T[] = [];
  for (; sent <= events.length; sent++) results.push(await read(upstream.url));
  return results;
}

const openai = (url: string) => new OpenAI({ baseURL: `${url}/v1`, apiKey: 'k', maxRetries: 0 });

test("a chat's stream that is blocked after any of its events is whole, and each open choice filtered", async (context) => {
  const call = { index: 0, id: 'c', type: 'function', function: { name: 'find', arguments: '{"q' } };
  const events = [
    chunk({ delta: { role: 'assistant', content: 'all is' } }),
    chunk({ delta: { content: ' well' } }),
    chunk({ index: 1, delta: { role: 'assistant', tool_calls: [call] } }),
    chunk({ delta: {}, finish_reason: 'stop' }),
  ];
  const ended = await endedAnywhere(context, { dialect: chat, events }, async (url) => {
    const stream = openai(url).chat.completions.stream({ model, messages: [] });
    const { id, choices } = await stream.finalChatCompletion();
    return [id, ...choices.map(({ message, finish_reason }) => [message.content ?? '', finish_reason])];
  });
  const filtered = 'content_filter';
  assert.deepEqual(ended, [
    ['chatcmpl-e1', ['', filtered]],
    ['chatcmpl-1', ['all is', filtered]],
    ['chatcmpl-1', ['all is well', filtered]],
    ['chatcmpl-1', ['all is well', filtered], ['', filtered]],
    ['chatcmpl-1', ['all is well', 'stop'], ['', filtered]],
  ]);
});

test("a completion's stream that is blocked after any of its events is whole and filtered", async (context) => {
  const piece = (text: string) =>
    `data: ${JSON.stringify({ id: 'cmpl-1', object: 'text_completion', created: 1, model, choices: [{ index: 0, text, logprobs: null, finish_reason: null }] })}\n\n`;
  const events = [piece('all is'), piece(' well')];
  const ended = await endedAnywhere(context, { dialect: completions, events }, async (url) => {
    const stream = await openai(url).completions.create({ model, prompt: 'hello', stream: true });
    const parts = await Array.fromAsync(stream);
    const reasons = parts.map(({ choices }) => choices[0]?.finish_reason);
    return [parts.map(({ choices }) => choices[0]?.text).join(''), reasons.at(-1), reasons.length];
  });
  assert.deepEqual(ended, [
    ['', 'content_filter', 1],
    ['all is', 'content_filter', 2],
    ['all is well', 'content_filter', 3],
  ]);
});

test("a message's stream that is blocked after any of its events is whole and a refusal", async (context) => {
  const blocks = [
    thinkingBlock(['hm']),
    textBlock(['all is ', 'well']),
    callBlock({ q: 'x' }, ['{"q":"x"}']),
  ];
  const events = messageEvents(blocks).slice(0, -2);
  const ended = await endedAnywhere(context, { dialect: anthropic, events }, async (url) => {
    const client = new Anthropic({ baseURL: url, apiKey: 'k', maxRetries: 0 });
    const stream = client.messages.stream({
      model,
      max_tokens: 9,
      messages: [{ role: 'user', content: 'hello' }],
    });
    const stops: number[] = [];
    stream.on('contentBlock', () => stops.push(1));
    const { stop_reason, content } = await stream.finalMessage();
    return { stop_reason, blocks: content.length, stops: stops.length };
  });
  for (const [sent, { stop_reason, blocks: count, stops }] of ended.entries()) {
    const expected = events
      .slice(0, sent)
      .filter((event) => /^event: content_block_start/.test(event)).length;
    assert.deepEqual([stop_reason, count, stops], ['refusal', expected, expected], `after ${sent}`);
  }
  assert.equal(ended.at(-1)?.blocks, blocks.length);
});
