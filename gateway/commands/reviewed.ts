import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ledger } from '../../alerts/index.ts';
import type { ReviewedAs } from '../../rules/index.ts';
import type { Config } from '../config/schema.ts';
import { openDesk } from '../open-ledger.ts';

const PAGE = 200;

/** What reviewers made of exchanges, by their ids; whoever was unsure is not among them. Empty where there is no store. */
export async function readReviewed(config: Config): Promise<ReadonlyMap<string, ReviewedAs>> {
  if (config.store.database_url === null) {
    const hasStore = await access(join(config.data, 'telltale.db')).then(
      () => true,
      () => false,
    );
    if (!hasStore) return new Map();
  }
  const desk = await openDesk(config);
  try {
    return await readPages(desk);
  } finally {
    await desk.close();
  }
}

async function readPages(desk: Pick<Ledger, 'listFlagged'>): Promise<ReadonlyMap<string, ReviewedAs>> {
  const reviewed = new Map<string, ReviewedAs>();
  let before = Number.MAX_SAFE_INTEGER;
  for (;;) {
    const page = await desk.listFlagged({ state: 'reviewed', limit: PAGE, before });
    for (const { exchangeId, review } of page) {
      if (review !== null && review.verdict !== 'unsure') reviewed.set(exchangeId, review.verdict);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return reviewed;
    before = last.cursor;
  }
}
