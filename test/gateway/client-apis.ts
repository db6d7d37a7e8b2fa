import type { TestContext } from 'node:test';
import { callBlock, messageEvents, textBlock, wholeMessage } from './anthropic-stream.ts';
import { chunksOf, eventsOf, onePart, textPart, wholeAnswer } from './gemini-stream.ts';
import { callItem, messageItem, responseEvents, wholeResponse } from './responses-stream.ts';
import { answerJson, beginEvents, chunk, completion, events, startUpstream } from './test-upstream.ts';

/** The model that clients ask for. */
export const model = 'test-model';
/** What every API says where nothing else is asked for. */
export const wellWords = ['all', ' is', ' well'];

/** A whole answer and the same as a stream, in words or as a call of `find`. */
interface Api {
  readonly words: Recorded;
  readonly call: Recorded;
}
interface Recorded {
  readonly whole: object;
  readonly streamed: string;
}

const chatCall = { id: 'call_1', type: 'function', function: { name: 'find', arguments: '{"q":"x"}' } };
type ApiName = 'chat' | 'responses' | 'messages' | 'gemini';

const apisSaying = (words: readonly string[]): Readonly<Record<ApiName, Api>> => ({
  chat: {
    words: { whole: completion(words.join('')), streamed: events(words.join('')).join('') },
    call: {
      whole: {
        ...completion(''),
        choices: [
          {
            index: 0,
            message: { role: 'assistant', content: null, tool_calls: [chatCall] },
            finish_reason: 'tool_calls',
          },
        ],
      },
      streamed: [
        chunk({ delta: { role: 'assistant', tool_calls: [{ index: 0, ...chatCall }] }, finish_reason: null }),
        chunk({ delta: {}, finish_reason: 'tool_calls' }),
        'data: [DONE]\n\n',
      ].join(''),
    },
  },
  responses: recordedOf([messageItem('msg_1', [words])], [callItem('fc_1', ['{"q"', ':"x"}'])], (items) => ({
    whole: wholeResponse(items),
    streamed: responseEvents(items).join(''),
  })),
  messages: recordedOf([textBlock(words)], [callBlock({ q: 'x' }, ['{"q"', ':"x"}'])], (blocks) => ({
    whole: wholeMessage(blocks),
    streamed: messageEvents(blocks).join(''),
  })),
  gemini: recordedOf(
    [textPart(words)],
    [onePart({ functionCall: { id: 'call_1', name: 'find', args: { q: 'x' } } })],
    (parts) => ({
      whole: wholeAnswer([parts]),
      streamed: eventsOf(chunksOf([parts])),
    }),
  ),
});

function recordedOf<T>(said: T[], called: T[], record: (parts: T[]) => Recorded): Api {
  return { words: record(said), call: record(called) };
}

/** All four APIs: a call of the tool where one is offered and has not been called yet, else words. */
export function startApis(context: TestContext, words = wellWords) {
  const apis = apisSaying(words);
  return startUpstream(context, (response, { target, body }) => {
    const text = body.toString();
    if (target.includes('/embeddings')) {
      const embedding = text.includes('base64') ? 'AACAPwAAAEA=' : [1, 2];
      const data = [{ object: 'embedding', index: 0, embedding }];
      return answerJson(response, {
        object: 'list',
        model,
        data,
        usage: { prompt_tokens: 1, total_tokens: 1 },
      });
    }
    const api = apis[apiOf(target)];
    const isAnswered = /"tool_result"|"function_call_output"|"role":"tool"|"functionResponse"/.test(text);
    const recorded = text.includes('"find"') && !isAnswered ? api.call : api.words;
    const isStreamed = text.includes('"stream":true') || target.includes(':stream');
    if (!isStreamed) return answerJson(response, recorded.whole);
    beginEvents(response);
    response.end(recorded.streamed);
  });
}

function apiOf(target: string): ApiName {
  if (target.startsWith('/v1beta/')) return 'gemini';
  if (target.startsWith('/v1/responses')) return 'responses';
  return target.startsWith('/v1/messages') ? 'messages' : 'chat';
}
