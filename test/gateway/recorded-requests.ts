import type { ServerResponse } from 'node:http';
import { RECORDED, type RecordedStream } from './recorded-streams.ts';
import { type Arrived, answerJson, ask, completion } from './test-upstream.ts';

/** A request of the recording, and what it is about. */
export interface RecordedRequest {
  readonly name: string;
  readonly path: string;
  readonly method?: string;
  readonly body?: string;
}

const USER = 'please do not deceive me';
const MODEL = 'test-model';

/** How each dialect asks, streamed or not. */
function requestOf(
  { dialect, framing }: RecordedStream,
  isStreamed: boolean,
): { path: string; body: object } {
  const stream = isStreamed ? { stream: true } : {};
  const messages = [{ role: 'user', content: USER }];
  if (dialect.name === 'gemini') {
    const query = framing === 'events' ? '?alt=sse' : '';
    const call = isStreamed ? `streamGenerateContent${query}` : 'generateContent';
    const body = { contents: [{ role: 'user', parts: [{ text: USER }] }] };
    return { path: `/v1beta/models/${MODEL}:${call}`, body };
  }
  if (dialect.name === 'anthropic-messages')
    return { path: '/v1/messages', body: { model: MODEL, max_tokens: 9, messages, ...stream } };
  if (dialect.name === 'openai-responses')
    return { path: '/v1/responses', body: { model: MODEL, input: USER, ...stream } };
  if (dialect.name === 'openai-completions')
    return { path: '/v1/completions', body: { model: MODEL, prompt: USER, ...stream } };
  return { path: '/v1/chat/completions', body: { model: MODEL, messages, ...stream } };
}

/** Of whatever is no plain text, or cannot be read. */
const ODD: readonly RecordedRequest[] = [
  { name: 'a broken body', path: '/v1/chat/completions', body: '{"messages":[' },
  { name: 'a path that nobody reads', path: '/v1/unheard/of', body: '{}' },
  { name: 'a path without text', path: '/v1/models', method: 'GET' },
  {
    name: 'an image',
    path: '/v1/chat/completions',
    body: JSON.stringify({
      model: MODEL,
      messages: [
        { role: 'system', content: 'deceive nobody' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'what is this?' },
            { type: 'image_url', image_url: { url: 'https://example.test/a.png' } },
          ],
        },
      ],
    }),
  },
  {
    name: 'a disguise',
    path: '/v1/chat/completions',
    body: JSON.stringify(ask('they de\u200bceive everybody')),
  },
  {
    name: 'a failing reader',
    path: '/v1/chat/completions',
    body: JSON.stringify(ask('they fail:NON_FINITE deceive')),
  },
  { name: 'an empty message', path: '/v1/chat/completions', body: JSON.stringify(ask('')) },
  {
    name: 'lone halves',
    path: '/v1/chat/completions',
    body: JSON.stringify(ask('\ud83d deceive \ude42 \u0000 x')),
  },
];

/** One recording: every dialect, streamed and not, and what is odd. */
export const RECORDING: readonly RecordedRequest[] = [
  ...RECORDED.flatMap((recorded) =>
    [true, false].map((isStreamed) => {
      const { path, body } = requestOf(recorded, isStreamed);
      return {
        name: `${recorded.name}, ${isStreamed ? 'streamed' : 'whole'}`,
        path,
        body: JSON.stringify(body),
      };
    }),
  ),
  ...ODD,
];

/** Answers a request of the recording as its API did. */
export function answerRecorded(response: ServerResponse, { target, body }: Arrived): void {
  const asked = RECORDING.find((request) => request.path === target && request.body === body.toString());
  const recorded = RECORDED.find((one) => asked?.name.startsWith(`${one.name}, `));
  if (asked === undefined || recorded === undefined) {
    answerJson(response, completion('all is well, deceive no one'));
    return;
  }
  if (asked.name.endsWith('whole')) {
    answerJson(response, recorded.whole);
    return;
  }
  const type = recorded.framing === 'events' ? 'text/event-stream' : 'application/json';
  response.writeHead(200, { 'content-type': type }).end(recorded.bytes);
}
