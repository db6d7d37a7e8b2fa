import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import { HumanMessage } from '@langchain/core/messages';
import { tool as langchainTool } from '@langchain/core/tools';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { generateText, jsonSchema, type LanguageModel, stepCountIs, streamText, tool } from 'ai';
import OpenAI from 'openai';
import { z } from 'zod';
import { requireProgram } from '../services/system-program.ts';
import { model, startApis, wellWords } from './client-apis.ts';
import { rule, ruleFile, startGateway } from './start-gateway.ts';

const providers: [name: string, dialect: string, modelOf: (url: string) => LanguageModel][] = [
  ['@ai-sdk/openai', 'openai-responses', (url) => createOpenAI({ baseURL: `${url}/v1`, apiKey: 'k' })(model)],
  [
    '@ai-sdk/openai chat',
    'openai-chat',
    (url) => createOpenAI({ baseURL: `${url}/v1`, apiKey: 'k' }).chat(model),
  ],
  [
    '@ai-sdk/anthropic',
    'anthropic-messages',
    (url) => createAnthropic({ baseURL: `${url}/v1`, apiKey: 'k' })(model),
  ],
  [
    '@ai-sdk/google',
    'gemini',
    (url) => createGoogleGenerativeAI({ baseURL: `${url}/v1beta`, apiKey: 'k' })(model),
  ],
];
const find = tool({
  description: 'finds',
  inputSchema: jsonSchema<{ q: string }>({ type: 'object', properties: { q: { type: 'string' } } }),
  execute: async ({ q }) => `found ${q}`,
});

/** What the AI SDK makes of one model: words, words in pieces, and a call with the words that follow it. */
async function resultsOf(languageModel: LanguageModel) {
  const asked = { model: languageModel, prompt: 'hello', maxRetries: 0, maxOutputTokens: 99 };
  const whole = await generateText(asked);
  const streamed = streamText(asked);
  const pieces = (await Array.fromAsync(streamed.textStream)).filter((piece) => piece !== '');
  const ran = await generateText({ ...asked, tools: { find }, stopWhen: stepCountIs(2) });
  const runs = streamText({ ...asked, tools: { find }, stopWhen: stepCountIs(2) });
  await runs.consumeStream();
  const stepsOf = (steps: typeof ran.steps) =>
    steps.map(({ text, toolCalls, toolResults }) => ({
      text,
      inputs: toolCalls.map(({ input }) => input),
      outputs: toolResults.map(({ output }) => output),
    }));
  return {
    text: whole.text,
    finishReason: whole.finishReason,
    usage: whole.usage,
    pieces,
    streamFinish: await streamed.finishReason,
    steps: stepsOf(ran.steps),
    streamSteps: stepsOf((await runs.steps) as typeof ran.steps),
  };
}

for (const [name, dialect, modelOf] of providers) {
  test(`the AI SDK gets the same through the gateway as directly: ${name}`, async (context) => {
    const upstream = await startApis(context);
    const gateway = await startGateway(context, { upstream: upstream.url });
    const direct = await resultsOf(modelOf(upstream.url));
    const through = await resultsOf(modelOf(gateway.url));
    assert.deepEqual(through, direct);
    assert.deepEqual(
      [through.text, through.pieces, through.finishReason],
      ['all is well', wellWords, 'stop'],
    );
    const steps = [
      { text: '', inputs: [{ q: 'x' }], outputs: ['found x'] },
      { text: 'all is well', inputs: [], outputs: [] },
    ];
    assert.deepEqual([through.steps, through.streamSteps], [steps, steps]);
    const count = upstream.arrived.length / 2;
    const sent = (at: number) =>
      upstream.arrived.slice(at, at + count).map(({ target, body }) => [target, body]);
    assert.deepEqual(sent(count), sent(0));
    assert.match(await gateway.metrics(), new RegExp(`"${dialect}"`));
  });

  test(`a block before and after is what the AI SDK takes it for: ${name}`, async (context) => {
    const upstream = await startApis(context, ['we', ' deceive']);
    const enforce = (target: string) => rule({ name: `no-${target}`, mode: 'enforce', target });
    const gateway = await startGateway(context, {
      upstream: upstream.url,
      rules: { 'a.yaml': ruleFile([enforce('input'), enforce('output')]) },
      config: { streaming: { enforcing: 'buffer' } },
    });
    const asked = { model: modelOf(gateway.url), maxRetries: 0, maxOutputTokens: 99 };
    const before = generateText({ ...asked, prompt: 'deceive' });
    if (dialect === 'gemini') assert.equal((await before).text, '');
    else await assert.rejects(before, { statusCode: 400 });
    assert.equal(upstream.arrived.length, 0);
    const after = await generateText({ ...asked, prompt: 'hello' });
    assert.deepEqual([after.text, after.finishReason], ['', 'content-filter']);
    const streamed = streamText({ ...asked, prompt: 'hello' });
    assert.equal(await streamed.finishReason, 'content-filter');
    assert.equal(await streamed.text, '');
  });
}

test('LangChain gets the same through the gateway as directly: chat, responses, tools, embeddings', async (context) => {
  const upstream = await startApis(context);
  const gateway = await startGateway(context, { upstream: upstream.url });
  const results = [];
  for (const { url } of [upstream, gateway]) {
    const configuration = { baseURL: `${url}/v1` };
    const said = [];
    for (const useResponsesApi of [false, true]) {
      const chat = new ChatOpenAI({ model, apiKey: 'k', maxRetries: 0, configuration, useResponsesApi });
      const whole = await chat.invoke([new HumanMessage('hello')]);
      const pieces = (await Array.fromAsync(await chat.stream('hello'))).map(({ text }) => text);
      const finds = langchainTool(async () => 'found', {
        name: 'find',
        description: 'finds',
        schema: z.object({ q: z.string() }),
      });
      const called = await chat.bindTools([finds]).invoke('hello');
      said.push([whole.text, pieces.join(''), called.tool_calls?.map(({ name, args }) => [name, args])]);
    }
    const embeddings = new OpenAIEmbeddings({ model, apiKey: 'k', maxRetries: 0, configuration });
    results.push([...said, await embeddings.embedQuery('hello')]);
  }
  assert.deepEqual(results[0], results[1]);
  const each = ['all is well', 'all is well', [['find', { q: 'x' }]]];
  assert.deepEqual(results[1], [each, each, [1, 2]]);
});

test("OpenAI's tools runner and parser get the same through the gateway as directly", async (context) => {
  const upstream = await startApis(context, ['{"city":', '"Rome"}']);
  const gateway = await startGateway(context, { upstream: upstream.url });
  const messages = [{ role: 'user' as const, content: 'hello' }];
  const results = [];
  for (const { url } of [upstream, gateway]) {
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'k', maxRetries: 0 });
    const finds = {
      type: 'function' as const,
      function: {
        name: 'find',
        description: 'finds',
        parameters: { type: 'object', properties: { q: { type: 'string' } } },
        parse: JSON.parse,
        function: async ({ q }: { q: string }) => `found ${q}`,
      },
    };
    const runs = [];
    for (const stream of [false, true] as const) {
      const runner = client.chat.completions.runTools({ model, messages, tools: [finds], stream } as never);
      runs.push([await runner.finalContent(), runner.messages.map(({ role }) => role)]);
    }
    const schema = { type: 'object', properties: { city: { type: 'string' } } };
    const response_format = { type: 'json_schema' as const, json_schema: { name: 'place', schema } };
    const { choices } = await client.chat.completions.parse({ model, messages, response_format });
    results.push([runs, choices[0]?.message.parsed]);
  }
  assert.deepEqual(results[0], results[1]);
  const run = ['{"city":"Rome"}', ['user', 'assistant', 'tool', 'assistant']];
  assert.deepEqual(results[1], [[run, run], { city: 'Rome' }]);
});

test('curl gets the same bytes through the gateway as directly, whole and streamed', async (context) => {
  const upstream = await startApis(context);
  const gateway = await startGateway(context, { upstream: upstream.url });
  const run = promisify(execFile);
  const curl = requireProgram(['curl'], ['curl']);
  for (const body of ['{"input":"hello"}', '{"input":"hello","stream":true}']) {
    const answers = [];
    for (const { url } of [upstream, gateway]) {
      const told = [
        '-sS',
        '-N',
        '--noproxy',
        '*',
        '-H',
        'content-type: application/json',
        '-d',
        body,
        `${url}/v1/responses`,
      ];
      answers.push((await run(curl, told)).stdout);
    }
    assert.equal(answers[1], answers[0]);
    assert.match(answers[1] ?? '', /well/);
  }
});
