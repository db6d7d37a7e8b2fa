import type { Block } from './dialect.ts';

/** What a blocked client is told in words, in every dialect. */
export function blockMessage({ exchangeId, rules }: Block): string {
  const because = rules.length === 0 ? '' : ` (${rules.join(', ')})`;
  return `blocked by the content policy of the gateway${because}; exchange ${exchangeId}`;
}
