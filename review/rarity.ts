import type { Aggregate, Featureset } from '../detectors/index.ts';
import { type ConditionResult, isCalibratable } from '../rules/index.ts';

/** The aggregate by which the featureset can say how often ordinary text reaches a condition's value; null where it
 *  cannot: it is calibrated for signals in segments, and says nothing of a difference, nor of many segments together. */
export function calibratedAggregate({ minus, per, aggregate }: ConditionResult): Aggregate | null {
  return minus === undefined && per === undefined && isCalibratable(aggregate) ? aggregate : null;
}

/** -log10 of the share of ordinary segments that score at least so high; null where nobody knows.
 *  @param featureset - null where another one scored the exchange */
export function rarityOf(condition: ConditionResult, featureset: Featureset | null): number | null {
  const aggregate = calibratedAggregate(condition);
  if (featureset === null || aggregate === null) return null;
  return featureset.rarity(condition.signal, aggregate, condition.value) ?? null;
}
