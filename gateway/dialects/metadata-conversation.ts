/** Under which keys clients of OpenAI's put the id of a conversation; `user` names a person. */
const KEYS = ['conversation_id', 'session_id', 'thread_id'];

/** The conversation that a request's metadata name. */
export function conversationIn(
  metadata: Readonly<Record<string, unknown>> | null | undefined,
): string | null {
  const id = KEYS.map((key) => metadata?.[key]).find((value) => typeof value === 'string');
  return typeof id === 'string' && id !== '' ? id : null;
}
