import { createHash } from 'node:crypto';
import { EVERYDAY_REPLIES, LANGUAGE_REPLIES, REPLY_TOPICS } from './replies.ts';

const TOPICS = REPLY_TOPICS.map(({ keywords, replies }) => ({
  /** A keyword at the start of a word: `git` is not found in `digital`. */
  asks: new RegExp(`(?<![\\p{L}\\p{N}])(?:${keywords.join('|')})`, 'u'),
  replies,
}));

/** The replies to a message, one a choice: the topic is the first whose keyword begins a word of it, else everyday help in
 *  its language; the first reply is told by a hash of the message, each further choice takes the next. The same
 *  message, the same replies. */
export function chooseReplies(message: string, count: number): string[] {
  const text = message.toLowerCase().trim();
  const known = [...TOPICS, ...LANGUAGE_REPLIES].find(({ asks }) => asks.test(text));
  const replies = known?.replies ?? EVERYDAY_REPLIES;
  const first = createHash('sha256').update(text).digest().readUInt32BE();
  return Array.from({ length: count }, (_, index) => replies[(first + index) % replies.length] ?? '');
}
