/** The conversation that a path names.
 *  @param target - `/v1/conversations/conv_1/items?limit=10` */
export function conversationIn(target: string): string | null {
  return matched(target)?.[1] ?? null;
}

/** What of a conversation a path asks for. */
export function partOf(target: string): 'conversation' | 'items' | 'item' {
  const [, , items, item] = matched(target) ?? [];
  if (item !== undefined) return 'item';
  return items === undefined ? 'conversation' : 'items';
}

function matched(target: string): RegExpExecArray | null {
  const [path = ''] = target.split('?', 1);
  return /\/conversations\/([^/]+)(?:\/(items)(?:\/([^/]+))?)?\/?$/i.exec(path);
}
