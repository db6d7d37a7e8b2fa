import type { Fields } from '../../rules/index.ts';
import type { ExchangeScan } from '../scanning/exchange-scan.ts';
import { createUnreadSegments, NOTHING_FOUND } from '../scanning/unread-segments.ts';
import type { UnscoredSegment } from './unscored-exchange.ts';

/** Stands where an exchange's scan stands, and scores nothing: it keeps what is to be scored elsewhere. */
export interface CollectedScan extends ExchangeScan {
  /** In the order in which they began. */
  collected(): readonly UnscoredSegment[];
  /** The fields of the exchange when its first segment began; null where none has. */
  fieldsThen(): Fields | null;
}

export interface CollectedScanParts {
  readonly maxSegments: number;
  /** Fields of the exchange, as far as they are known now. */
  readonly fields: () => Fields;
}

export function createCollectedScan({ maxSegments, fields }: CollectedScanParts): CollectedScan {
  let fieldsThen: Fields | null = null;
  const { add, gap, list } = createUnreadSegments(maxSegments, () => {
    fieldsThen ??= fields();
  });
  return {
    ...NOTHING_FOUND,
    add,
    gap,
    segments: () => [],
    texts: list,
    collected: list,
    fieldsThen: () => fieldsThen,
  };
}
