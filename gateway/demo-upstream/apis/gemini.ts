import { z } from 'zod';
import { MAX_CHOICES } from '../chat-request.ts';
import { type Answer, DEMO_MODEL } from '../completion.ts';
import { type DemoApi, problemsOf } from './api.ts';

const part = z.looseObject({ text: z.string().optional() });
const content = z.looseObject({ role: z.string().nullish(), parts: z.array(part) });
const request = z.looseObject({
  contents: z.array(content).min(1),
  generationConfig: z
    .looseObject({
      maxOutputTokens: z.int().min(1).nullish(),
      candidateCount: z.int().min(1).max(MAX_CHOICES).nullish(),
    })
    .nullish(),
});

/** Google's Gemini API, and Gemini on Vertex AI. */
export const geminiApi: DemoApi = {
  path: /^\/v1(?:beta1?)?\/(?:(?:projects\/[^/]+\/locations\/[^/]+\/)?publishers\/google\/)?models\/[^/]+:(?:generate|streamGenerate)Content$/,
  read(body, target) {
    const parsed = request.safeParse(body);
    if (!parsed.success) return problemsOf(parsed.error);
    const { contents, generationConfig } = parsed.data;
    const messages = contents.map(({ role, parts }) => ({
      role: role === 'model' ? 'assistant' : 'user',
      content: parts.map(({ text }) => ({ type: 'text', text })),
    }));
    const { maxOutputTokens: max_tokens, candidateCount: n } = generationConfig ?? {};
    const isEvents = new URLSearchParams(target.split('?')[1]).get('alt') === 'sse';
    const streamed = isEvents ? 'events' : 'array';
    return {
      chat: { model: DEMO_MODEL, messages, max_tokens, n },
      form: target.includes(':stream') ? streamed : 'whole',
    };
  },
  whole: (answer) =>
    chunkOf(
      answer,
      answer.choices.map(({ pieces }, index) => candidate(answer, index, pieces.join(''))),
    ),
  *pieces(answer) {
    for (const [index, { pieces }] of answer.choices.entries()) {
      for (const [at, text] of pieces.entries()) {
        const isLast = at === pieces.length - 1;
        yield chunkOf(answer, [
          isLast ? candidate(answer, index, text) : { index, content: contentOf(text) },
        ]);
      }
    }
  },
  end: '',
  error: (status, message) => ({
    error: { code: status, message, status: status === 404 ? 'NOT_FOUND' : 'INVALID_ARGUMENT' },
  }),
};

function candidate({ choices }: Answer, index: number, text: string): object {
  const finishReason = choices[index]?.finishReason === 'length' ? 'MAX_TOKENS' : 'STOP';
  return { index, content: contentOf(text), finishReason };
}

function contentOf(text: string): object {
  return { role: 'model', parts: [{ text }] };
}

function chunkOf({ id, usage }: Answer, candidates: readonly object[]): object {
  return {
    candidates,
    usageMetadata: {
      promptTokenCount: usage.prompt_tokens,
      candidatesTokenCount: usage.completion_tokens,
      totalTokenCount: usage.total_tokens,
    },
    modelVersion: DEMO_MODEL,
    responseId: id,
  };
}
