import { z } from 'zod';
import { chatMessageSchema } from '../chat-request.ts';
import { type Answer, DEMO_MODEL } from '../completion.ts';
import { type DemoApi, problemsOf } from './api.ts';

const request = z.looseObject({
  messages: z.array(chatMessageSchema).min(1),
  max_tokens: z.int().min(1).nullish(),
  stream: z.boolean().nullish(),
});

/** Anthropic's messages. */
export const messagesApi: DemoApi = {
  path: /^\/v1\/messages$/,
  read(body) {
    const parsed = request.safeParse(body);
    if (!parsed.success) return problemsOf(parsed.error);
    const { messages, max_tokens, stream } = parsed.data;
    return { chat: { model: DEMO_MODEL, messages, max_tokens }, form: stream === true ? 'events' : 'whole' };
  },
  whole: (answer) => ({
    ...head(answer),
    content: [{ type: 'text', text: textOf(answer) }],
    ...endOf(answer),
  }),
  *pieces(answer) {
    const { input_tokens } = endOf(answer).usage;
    const begun = { stop_reason: null, stop_sequence: null, usage: { input_tokens, output_tokens: 0 } };
    yield { type: 'message_start', message: { ...head(answer), content: [], ...begun } };
    yield { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } };
    for (const text of answer.choices[0]?.pieces ?? []) {
      yield { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } };
    }
    yield { type: 'content_block_stop', index: 0 };
    const { usage, ...delta } = endOf(answer);
    yield { type: 'message_delta', delta, usage: { output_tokens: usage.output_tokens } };
    yield { type: 'message_stop' };
  },
  end: '',
  error: (_status, message) => ({ type: 'error', error: { type: 'invalid_request_error', message } }),
};

function head({ id }: Answer): object {
  return { id: id.replace('chatcmpl-', 'msg_'), type: 'message', role: 'assistant', model: DEMO_MODEL };
}

function textOf({ choices }: Answer): string {
  return (choices[0]?.pieces ?? []).join('');
}

function endOf({ choices, usage }: Answer) {
  return {
    stop_reason: choices[0]?.finishReason === 'length' ? 'max_tokens' : 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: usage.prompt_tokens, output_tokens: usage.completion_tokens },
  };
}
