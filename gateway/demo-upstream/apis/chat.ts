import { chatRequestSchema } from '../chat-request.ts';
import { completionChunks, completionObject } from '../completion.ts';
import { type DemoApi, openaiError, problemsOf } from './api.ts';

/** OpenAI's chat completions. */
export const chatApi: DemoApi = {
  path: /^\/v1\/chat\/completions$/,
  read(body) {
    const parsed = chatRequestSchema.safeParse(body);
    if (!parsed.success) return problemsOf(parsed.error);
    return { chat: parsed.data, form: parsed.data.stream === true ? 'events' : 'whole' };
  },
  whole: completionObject,
  pieces: (answer, { stream_options }) => completionChunks(answer, stream_options?.include_usage === true),
  end: 'data: [DONE]\n\n',
  error: openaiError,
};
