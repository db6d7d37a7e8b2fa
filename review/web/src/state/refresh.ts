import type { ExchangeItem, ExchangePage } from '../../../wire.ts';
import { ApiError, fetchExchange, messageOf, NOT_FOUND } from './api.ts';
import { forget } from './detail.ts';
import { applyReview, type Loaded, mergeFirstPage } from './list.ts';

/** Reads the first page again and keeps what was loaded below it: who comes back to the tab finds the place they left. Where
 *  the page does not reach down to what was there, nobody knows what lies between, and the list begins anew. What the page
 *  should have and has not is asked for: it was reviewed meanwhile, and stays where it is, or it is gone. */
export async function refreshList(): Promise<void> {
  let missing: readonly ExchangeItem[] = [];
  await mergeFirstPage((page, loaded) => {
    const merged = merge(page, loaded);
    missing = merged?.missing ?? [];
    return merged?.page ?? page;
  });
  await Promise.all(missing.map(lookUp));
}

/** null where the page does not reach down to what was there. */
function merge(
  page: ExchangePage,
  { items, nextCursor, arrived }: Loaded,
): { page: ExchangePage; missing: readonly ExchangeItem[] } | null {
  const inPage = new Set(page.items.map(({ exchangeId }) => exchangeId));
  const isInPage = ({ exchangeId }: ExchangeItem) => inPage.has(exchangeId);
  const last = items.findLastIndex(isInPage);
  const isWhole = page.nextCursor === null;
  if (last === -1 && !isWhole) return null;
  const reach = isWhole ? items.length : last + 1;
  // What came while the page was on its way is not in it, and newer than all of it.
  const newer = items.filter((item) => arrived.has(item.exchangeId) && !isInPage(item));
  const covered = items.slice(0, reach).filter((item) => !newer.includes(item));
  const below = items.slice(reach).filter((item) => !newer.includes(item));
  return {
    page: {
      items: [...newer, ...inPlace(page.items, covered), ...below],
      nextCursor: isWhole ? null : nextCursor,
    },
    missing: covered.filter((item) => !isInPage(item)),
  };
}

/** The items of the page, and right above the one that it stood above what the page lacks. */
function inPlace(read: readonly ExchangeItem[], before: readonly ExchangeItem[]): readonly ExchangeItem[] {
  const placeOf = new Map(read.map(({ exchangeId }, place) => [exchangeId, place]));
  const placed: ExchangeItem[] = [];
  let lacking: ExchangeItem[] = [];
  let taken = 0;
  for (const item of before) {
    const place = placeOf.get(item.exchangeId);
    if (place === undefined) lacking.push(item);
    else {
      placed.push(...read.slice(taken, place), ...lacking, ...read.slice(place, place + 1));
      taken = Math.max(taken, place + 1);
      lacking = [];
    }
  }
  return [...placed, ...lacking, ...read.slice(taken)];
}

async function lookUp({ exchangeId }: ExchangeItem): Promise<void> {
  try {
    applyReview(exchangeId, (await fetchExchange(exchangeId)).review);
  } catch (error) {
    if (error instanceof ApiError && error.status === NOT_FOUND) forget(exchangeId, messageOf(error));
  }
}
