import type { Committed, ReviewStore } from '../alerts/index.ts';
import type { Featureset } from '../detectors/index.ts';
import type { EventHub } from './event-hub.ts';
import { exchangeItem } from './exchange-item.ts';

/** More new items than this at once are not sent one by one. */
const MAX_ITEMS_AT_ONCE = 50;

export interface LiveFeedParts {
  readonly ledger: ReviewStore;
  readonly featureset: Featureset;
  readonly hub: EventHub;
  readonly onError: (error: unknown) => void;
}

/** Publishes what the ledger commits. However fast exchanges arrive, one query runs at a time, and none while
 *  nobody listens.
 *  @returns ends it */
export function createLiveFeed({ ledger, featureset, hub, onError }: LiveFeedParts): () => void {
  let publishedUpTo = 0;
  let isWanted = false;
  let isReading = false;

  const publishNew = async () => {
    const newest = await ledger.listFlagged({ limit: MAX_ITEMS_AT_ONCE });
    const fresh = newest.filter(({ cursor }) => cursor > publishedUpTo).reverse();
    if (fresh.length === MAX_ITEMS_AT_ONCE) hub.publish('behind', {});
    else for (const exchange of fresh) hub.publish('flagged', exchangeItem(exchange, featureset));
    publishedUpTo = Math.max(publishedUpTo, ...fresh.map(({ cursor }) => cursor));
  };
  const catchUp = async () => {
    if (isReading) return;
    isReading = true;
    while (isWanted) {
      isWanted = false;
      await publishNew().catch(onError);
    }
    isReading = false;
  };
  return ledger.onCommitted(({ isFlagged, cursor }: Committed) => {
    if (!isFlagged) return;
    if (publishedUpTo === 0) publishedUpTo = cursor - 1;
    if (hub.stats().listeners === 0) {
      publishedUpTo = Math.max(publishedUpTo, cursor);
      return;
    }
    isWanted = true;
    void catchUp();
  });
}
