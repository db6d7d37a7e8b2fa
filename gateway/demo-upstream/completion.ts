import { randomUUID } from 'node:crypto';
import { type ChatRequest, lastUserText, messageText } from './chat-request.ts';
import { chooseReplies } from './choose-replies.ts';
import { cutIntoPieces } from './pieces.ts';

/** The only model of the demo upstream; it answers under this name whatever model was asked for. */
export const DEMO_MODEL = 'telltale-demo';

const FINGERPRINT = 'fp_telltale_demo_upstream_written_replies';
/** The format of a chat takes a few tokens a message. */
const TOKENS_PER_MESSAGE = 4;

/** An answer before it is put into one object or many. */
export interface Answer {
  readonly id: string;
  readonly created: number;
  readonly choices: readonly {
    readonly pieces: readonly string[];
    readonly finishReason: 'stop' | 'length';
  }[];
  readonly usage: {
    readonly prompt_tokens: number;
    readonly completion_tokens: number;
    readonly total_tokens: number;
  };
}

/** Answers a chat with written replies, cut off where the request limits the tokens. */
export function answerChat(request: ChatRequest): Answer {
  const limit = request.max_completion_tokens ?? request.max_tokens ?? Number.POSITIVE_INFINITY;
  const choices = chooseReplies(lastUserText(request), request.n ?? 1).map((reply) => {
    const pieces = cutIntoPieces(reply);
    const finishReason = pieces.length > limit ? ('length' as const) : ('stop' as const);
    return { pieces: pieces.slice(0, limit), finishReason };
  });
  const promptTokens = sum(
    request.messages.map((message) => cutIntoPieces(messageText(message)).length + TOKENS_PER_MESSAGE),
  );
  const completionTokens = sum(choices.map(({ pieces }) => pieces.length));
  return {
    id: `chatcmpl-demo-${randomUUID()}`,
    created: Math.floor(Date.now() / 1000),
    choices,
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: completionTokens,
      total_tokens: promptTokens + completionTokens,
    },
  };
}

/** The answer as one `chat.completion` object. */
export function completionObject(answer: Answer): object {
  return {
    ...head(answer, 'chat.completion'),
    choices: answer.choices.map(({ pieces, finishReason }, index) => ({
      index,
      message: { role: 'assistant', content: pieces.join(''), refusal: null },
      logprobs: null,
      finish_reason: finishReason,
    })),
    usage: answer.usage,
  };
}

/** The answer as `chat.completion.chunk` objects: a first with the role, then piece by piece, the choices in turn, each
 *  choice ended by its finish reason; the usage last where it was asked for. */
export function* completionChunks(answer: Answer, includesUsage: boolean): Generator<object> {
  const usage = includesUsage ? { usage: null } : {};
  const chunk = (index: number, delta: object, finishReason: string | null) => ({
    ...head(answer, 'chat.completion.chunk'),
    choices: [{ index, delta, logprobs: null, finish_reason: finishReason }],
    ...usage,
  });
  const longest = Math.max(...answer.choices.map(({ pieces }) => pieces.length));
  for (const index of answer.choices.keys()) {
    yield chunk(index, { role: 'assistant', content: '', refusal: null }, null);
  }
  for (let at = 0; at <= longest; at++) {
    for (const [index, { pieces, finishReason }] of answer.choices.entries()) {
      if (at < pieces.length) yield chunk(index, { content: pieces[at] }, null);
      if (at === pieces.length) yield chunk(index, {}, finishReason);
    }
  }
  if (includesUsage) yield { ...head(answer, 'chat.completion.chunk'), choices: [], usage: answer.usage };
}

function head({ id, created }: Answer, object: string) {
  return { id, object, created, model: DEMO_MODEL, system_fingerprint: FINGERPRINT, service_tier: 'default' };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
