import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Dialect, TextReading } from '../../gateway/dialects/dialect.ts';
import { loadDialects } from '../../gateway/dialects/load-dialects.ts';
import { isNoticed, planted } from './planted-words.ts';
import * as answers from './rich-answers.ts';
import * as requests from './rich-requests.ts';

const dialects = new Map((await loadDialects()).map((dialect) => [dialect.name, dialect]));

function dialectNamed(name: string): Dialect {
  const dialect = dialects.get(name);
  assert.ok(dialect !== undefined);
  return dialect;
}

/** Null where the body is not one of the dialect: then it is refused, or told as `bad_shape`. */
type ReadOne = (body: unknown) => TextReading | null;

function assertNoticed(sample: unknown, read: ReadOne, exempt: RegExp): void {
  const before = read(sample);
  assert.ok(before !== null);
  const overlooked = [...planted(sample)].filter(([what, body]) => {
    const reading = read(body);
    return reading !== null && !isNoticed(reading, before) && !exempt.test(what);
  });
  assert.deepEqual(
    overlooked.map(([what]) => what),
    [],
  );
}

/** What reaches no model: settings, whom it is for, and headers for a server. */
const OPENAI_SETTINGS =
  /^\/(model|stream_options|user|stop|tool_choice|metadata|audio|logit_bias|encoding_format)\b/;
const REQUESTS: readonly [name: string, body: object, settings: RegExp][] = [
  ['openai-chat', requests.chatRequest, OPENAI_SETTINGS],
  [
    'anthropic-messages',
    requests.messagesRequest,
    /^\/(model|metadata|stop_sequences|tool_choice|thinking|container|mcp_servers|messages\/0\/content\/2\/source\/type)\b/,
  ],
  ['gemini', requests.geminiRequest, /^\/(toolConfig|safetySettings|cachedContent|labels)\b/],
  [
    'openai-responses',
    requests.responsesRequest,
    /^\/(model|user|metadata|tool_choice|reasoning|truncation|include|conversation|text\/verbosity|prompt\/version|tools\/1\/(headers|authorization))\b/,
  ],
  ['openai-completions', requests.completionsRequest, OPENAI_SETTINGS],
  ['openai-embeddings', requests.embeddingsRequest, OPENAI_SETTINGS],
  ['openai-moderations', requests.moderationsRequest, OPENAI_SETTINGS],
  ['openai-conversations', requests.conversationsRequest, OPENAI_SETTINGS],
];

/** What says in pieces what stands beside it, or again what was asked. */
const LOGPROBS = /\/logprobs\b/;
const ECHOES =
  /\/logprobs\b|^(\/response)?\/(reasoning|text|tools|tool_choice|metadata|previous_response_id|user)\b/;
const ANSWERS: readonly [name: string, body: object, echoes: RegExp][] = [
  ['openai-chat', answers.chatAnswer, LOGPROBS],
  ['anthropic-messages', answers.message, /^$/],
  ['gemini', answers.geminiAnswer, /^$/],
  ['openai-responses', answers.response, ECHOES],
  ['openai-completions', answers.completion, LOGPROBS],
  ['openai-embeddings', answers.embeddings, /^$/],
  ['openai-moderations', answers.moderations, /^$/],
  ['openai-conversations', answers.conversationItems, /^$/],
];

const STREAMS: readonly [name: string, events: readonly object[], echoes: RegExp][] = [
  ['openai-chat', [answers.chatChunk], LOGPROBS],
  ['anthropic-messages', answers.messageEvents, /^$/],
  ['gemini', [answers.geminiAnswer], /^$/],
  ['openai-responses', answers.responseEvents, ECHOES],
  ['openai-completions', [answers.completion], LOGPROBS],
];

for (const [name, body, settings] of REQUESTS) {
  test(`${name}: words anywhere in a request are read, or told not to be, but for settings`, () => {
    const read: ReadOne = (value) => {
      const reading = dialectNamed(name).readRequest(value, '/v1beta/models/m:generateContent');
      return reading.ok ? reading.value : null;
    };
    assertNoticed(body, read, settings);
  });
}

for (const [name, body, echoes] of ANSWERS) {
  test(`${name}: words anywhere in an answer are read, or told not to be, but for echoes`, () => {
    const read: ReadOne = (value) => {
      const reading = dialectNamed(name).readAnswer(value);
      return reading.ok ? reading.value : null;
    };
    assertNoticed(body, read, echoes);
  });
}

for (const [name, events, echoes] of STREAMS) {
  test(`${name}: words anywhere in an event are read, or told not to be, but for echoes`, () => {
    for (const [index, event] of events.entries()) {
      const read: ReadOne = (value) => {
        const reader = dialectNamed(name).createStreamReader();
        for (const earlier of events.slice(0, index)) reader.read(JSON.stringify(earlier));
        const step = reader.read(JSON.stringify(value));
        const end = reader.end();
        return {
          segments: [...step.segments, ...end.segments],
          unread: [...step.unread, ...end.unread],
        };
      };
      assertNoticed(event, read, echoes);
    }
  });
}
