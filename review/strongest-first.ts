import { type FlaggedExchange, levelRank, type StoredFinding } from '../alerts/index.ts';
import type { Featureset } from '../detectors/index.ts';
import type { Finding } from '../rules/index.ts';
import { rarityOf } from './rarity.ts';

/** An exchange's findings in the order in which a person wants to know of them: by level, of one level those that have
 *  acted before others, then by how seldom ordinary text scores so high. The store's own order, of which the rules' files
 *  decide, would name a match that only just reached its threshold before one that stands far above. */
export function strongestFirst<E extends Pick<FlaggedExchange, 'findings' | 'verdict' | 'featuresetDigest'>>(
  exchange: E,
  featureset: Featureset,
): E {
  const { findings, verdict, featuresetDigest } = exchange;
  const known = featuresetDigest === featureset.digest ? featureset : null;
  const weighed = findings.map((stored: StoredFinding) => ({
    stored,
    level: levelRank(stored.finding.level),
    acted: Number(hasActed(stored.finding, verdict)),
    rarity: rarityOfFinding(stored.finding, known),
  }));
  weighed.sort((a, b) => b.level - a.level || b.acted - a.acted || b.rarity - a.rarity);
  return { ...exchange, findings: weighed.map(({ stored }) => stored) };
}

/** Whether the outcome of an exchange is this finding's doing. */
export function hasActed(
  { mode, action }: Pick<Finding, 'mode' | 'action'>,
  verdict: FlaggedExchange['verdict'],
): boolean {
  return mode === 'enforce' && verdict !== 'flag' && action === verdict;
}

/** How rare a finding is in ordinary text, by its rarest condition; by the promised rate where the value itself is of
 *  unknown rarity. */
function rarityOfFinding({ conditions }: Finding, featureset: Featureset | null): number {
  const rarities = conditions.map((condition) => {
    const promised = condition.rate === null ? 0 : -Math.log10(condition.rate);
    return Math.max(promised, rarityOf(condition, featureset) ?? 0);
  });
  return Math.max(0, ...rarities);
}
