import type { EraseSelection } from './types.ts';

const COLUMNS: Readonly<Record<EraseSelection['by'], 'subject' | 'conversation_id' | 'exchange_id'>> = {
  subject: 'subject',
  conversation: 'conversation_id',
  exchange: 'exchange_id',
};

/** The column that a selection is looked up in; the names are the same in both databases. */
export function selectionColumn({ by }: EraseSelection) {
  return COLUMNS[by];
}
