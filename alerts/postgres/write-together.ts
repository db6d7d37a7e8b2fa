import { isStoreWide } from '../store-failure.ts';
import type { CommitOutcome } from '../types.ts';
import { postgresMessageOf, postgresReasonOf } from './failure.ts';

/** As `writeTogether` of the embedded store. */
export async function writeTogether<Item>(
  items: readonly Item[],
  write: (items: readonly Item[]) => Promise<readonly CommitOutcome[]>,
): Promise<readonly CommitOutcome[]> {
  try {
    return await write(items);
  } catch (error) {
    const reason = postgresReasonOf(error);
    if (items.length > 1 && !isStoreWide(reason)) {
      const outcomes: CommitOutcome[] = [];
      for (const item of items) outcomes.push(...(await writeTogether([item], write)));
      return outcomes;
    }
    const message = postgresMessageOf(error);
    return items.map(() => ({ outcome: 'unrecorded', reason, message }));
  }
}
