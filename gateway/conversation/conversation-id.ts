import { createHmac, type KeyObject } from 'node:crypto';

/** What tells conversations apart, the strongest first. */
export interface ConversationClues {
  /** x-telltale-conversation-id as the client sent it. */
  readonly header: string | undefined;
  /** The dialect's own field. */
  readonly field: string | null;
  /** What stays the same over the turns. */
  readonly opening: string;
  /** Whose it is, where that is known: the same words of two callers are two conversations. */
  readonly caller: string | null;
}

/** The caller's own id where it gave one, else a keyed hash that stays the same over the turns: without the key
 *  nobody can try out whose conversation it is. */
export function conversationId(
  key: KeyObject,
  { header, field, opening, caller }: ConversationClues,
): string {
  const given = header ?? field ?? '';
  if (/^[\x21-\x7e]{1,128}$/.test(given)) return given;
  const hash = createHmac('sha256', key);
  for (const part of [caller ?? '', given, opening]) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  return `c-${hash.digest('base64url').slice(0, 22)}`;
}
