import { isStoreWide } from '../store-failure.ts';
import type { CommitOutcome } from '../types.ts';
import { messageOf, reasonOf } from './failure.ts';

/** Writes all in one transaction; where one of them is at fault each is written by itself, so that only that one stays
 *  unrecorded.
 *  @param write - one outcome each, in order, or an error and nothing is written
 *  @returns one outcome each, in order */
export function writeTogether<Item>(
  items: readonly Item[],
  write: (items: readonly Item[]) => readonly CommitOutcome[],
): readonly CommitOutcome[] {
  try {
    return write(items);
  } catch (error) {
    const reason = reasonOf(error);
    if (items.length > 1 && !isStoreWide(reason))
      return items.flatMap((item) => writeTogether([item], write));
    return items.map(() => ({ outcome: 'unrecorded', reason, message: messageOf(error) }));
  }
}
