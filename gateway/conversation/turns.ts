/** Remembers to which conversation an answer belongs: some APIs name the answer that a request goes on from, which is
 *  another one in every turn. */
export interface Turns {
  note(answerId: string, conversationId: string): void;
  /** Null where the answer is not known, or not any more. */
  conversationOf(answerId: string): string | null;
}

/** About 100 bytes each. */
const MAX_TURNS = 65_536;

/** @param maxTurns - those that nobody went on from for longest are forgotten */
export function createTurns(maxTurns = MAX_TURNS): Turns {
  const conversations = new Map<string, string>();

  function note(answerId: string, conversationId: string): void {
    conversations.delete(answerId);
    conversations.set(answerId, conversationId);
    const oldest = conversations.size > maxTurns ? conversations.keys().next().value : undefined;
    if (oldest !== undefined) conversations.delete(oldest);
  }

  return {
    note,
    conversationOf(answerId) {
      const conversation = conversations.get(answerId) ?? null;
      if (conversation !== null) note(answerId, conversation);
      return conversation;
    },
  };
}
