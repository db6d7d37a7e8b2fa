import type { CompiledRuleSet } from './compiled.ts';
import { type History, meanActivations } from './history.ts';
import type { FeatureShare } from './types.ts';

export interface ShareParts {
  /** For each condition that is met: feature index to weight. */
  readonly weights: readonly ReadonlyMap<number, number>[];
  readonly history: History | null;
  readonly firstToken: number;
  readonly lastToken: number;
}

/** What each feature contributes over a span, strongest first: weight times mean activation, the positive ones
 *  divided by their sum, so that they sum to 1. Several conditions count alike. Empty for probes and where no
 *  feature speaks for the signal. */
export function shareFeatures(ruleSet: CompiledRuleSet, parts: ShareParts): readonly FeatureShare[] {
  const means = meanActivations(parts.history, parts.firstToken, parts.lastToken);
  const perCondition = parts.weights.map((weights) => positiveShares(weights, means));
  const speaking = perCondition.filter((shares) => shares.size > 0);
  const total = new Map<number, number>();
  for (const shares of speaking) {
    for (const [index, share] of shares) total.set(index, (total.get(index) ?? 0) + share / speaking.length);
  }
  return [...total]
    .sort(([indexA, shareA], [indexB, shareB]) => shareB - shareA || indexA - indexB)
    .map(([index, share]) => ({ index, label: ruleSet.labelOf(index), value: means.get(index) ?? 0, share }));
}

function positiveShares(
  weights: ReadonlyMap<number, number>,
  means: ReadonlyMap<number, number>,
): ReadonlyMap<number, number> {
  const contributions = [...weights].map(
    ([index, weight]) => [index, weight * (means.get(index) ?? 0)] as const,
  );
  const positive = contributions.filter(([, contribution]) => contribution > 0);
  const sum = positive.reduce((total, [, contribution]) => total + contribution, 0);
  return new Map(positive.map(([index, contribution]) => [index, contribution / sum]));
}
