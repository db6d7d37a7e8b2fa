import { z } from 'zod';

/** Choices that one request may ask for. */
export const MAX_CHOICES = 16;

const part = z.looseObject({ type: z.string(), text: z.string().optional() });

/** A message, of Anthropic's API and of responses too. */
export const chatMessageSchema = z.looseObject({
  role: z.string(),
  content: z.union([z.string(), z.array(part)]).nullish(),
});

/** What the demo upstream reads of a chat completion request; it accepts and ignores all else. */
export const chatRequestSchema = z.looseObject({
  model: z.string(),
  messages: z.array(chatMessageSchema).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  n: z.int().min(1).max(MAX_CHOICES).nullish(),
  max_tokens: z.int().min(1).nullish(),
  max_completion_tokens: z.int().min(1).nullish(),
});

/** A parsed chat completion request. */
export type ChatRequest = z.infer<typeof chatRequestSchema>;

/** The text of a message, its text parts joined. */
export function messageText({ content }: ChatRequest['messages'][number]): string {
  if (typeof content === 'string') return content;
  return (content ?? []).map(({ text }) => text ?? '').join('\n');
}

/** The text of the last message of the user, empty where there is none. */
export function lastUserText({ messages }: ChatRequest): string {
  const last = messages.findLast(({ role }) => role === 'user');
  return last === undefined ? '' : messageText(last);
}
