import { z } from 'zod';
import { chatMessageSchema } from '../chat-request.ts';
import { type Answer, DEMO_MODEL } from '../completion.ts';
import { type DemoApi, openaiError, problemsOf } from './api.ts';

const item = z.union([chatMessageSchema, z.looseObject({ type: z.string() })]);
const request = z.looseObject({
  input: z.union([z.string(), z.array(item).min(1)]),
  max_output_tokens: z.int().min(1).nullish(),
  stream: z.boolean().nullish(),
});

/** OpenAI's responses. Nothing is stored, so each answers its input alone. */
export const responsesApi: DemoApi = {
  path: /^\/v1\/responses$/,
  read(body) {
    const parsed = request.safeParse(body);
    if (!parsed.success) return problemsOf(parsed.error);
    const { input, max_output_tokens: max_tokens, stream } = parsed.data;
    const messages =
      typeof input === 'string'
        ? [{ role: 'user', content: input }]
        : input.flatMap((one) => {
            const message = chatMessageSchema.safeParse(one);
            return message.success ? [message.data] : [];
          });
    return { chat: { model: DEMO_MODEL, messages, max_tokens }, form: stream === true ? 'events' : 'whole' };
  },
  whole: responseObject,
  *pieces(answer) {
    let sequence_number = 0;
    for (const event of eventsOf(answer)) {
      yield { ...event, sequence_number };
      sequence_number += 1;
    }
  },
  end: '',
  error: openaiError,
};

function* eventsOf(answer: Answer): Generator<object> {
  const { item: message, part } = outputOf(answer);
  const at = { item_id: message.id, output_index: 0, content_index: 0 };
  const begun = { ...responseObject(answer), status: 'in_progress', output: [], usage: null };
  yield { type: 'response.created', response: begun };
  const item = { ...message, status: 'in_progress', content: [] };
  yield { type: 'response.output_item.added', output_index: 0, item };
  yield { type: 'response.content_part.added', ...at, part: { ...part, text: '' } };
  for (const delta of answer.choices[0]?.pieces ?? []) {
    yield { type: 'response.output_text.delta', ...at, delta, logprobs: [] };
  }
  yield { type: 'response.output_text.done', ...at, text: part.text, logprobs: [] };
  yield { type: 'response.content_part.done', ...at, part };
  yield { type: 'response.output_item.done', output_index: 0, item: message };
  const type = isCut(answer) ? 'response.incomplete' : 'response.completed';
  yield { type, response: responseObject(answer) };
}

function responseObject(answer: Answer): object {
  const { id, created, usage } = answer;
  return {
    id: id.replace('chatcmpl-', 'resp_'),
    object: 'response',
    created_at: created,
    status: isCut(answer) ? 'incomplete' : 'completed',
    error: null,
    incomplete_details: isCut(answer) ? { reason: 'max_output_tokens' } : null,
    instructions: null,
    model: DEMO_MODEL,
    output: [outputOf(answer).item],
    parallel_tool_calls: true,
    previous_response_id: null,
    store: false,
    temperature: null,
    tool_choice: 'auto',
    tools: [],
    top_p: null,
    metadata: {},
    usage: {
      input_tokens: usage.prompt_tokens,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: usage.completion_tokens,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: usage.total_tokens,
    },
  };
}

function outputOf(answer: Answer) {
  const text = (answer.choices[0]?.pieces ?? []).join('');
  const part = { type: 'output_text', text, annotations: [], logprobs: [] };
  const id = answer.id.replace('chatcmpl-', 'msg_');
  const status = isCut(answer) ? 'incomplete' : 'completed';
  return { part, item: { id, type: 'message', role: 'assistant', status, content: [part] } };
}

function isCut({ choices }: Answer): boolean {
  return choices[0]?.finishReason === 'length';
}
