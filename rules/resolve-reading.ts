import type { Aggregate, Concept, Featureset, SignalId } from '../detectors/index.ts';
import { didYouMean } from './nearest.ts';
import type { ConditionContext } from './resolve-threshold.ts';
import type { SignalDefinition } from './schema.ts';
import { unknownLabel } from './unknown-label.ts';

/** A signal, or the difference of two, as the featureset knows it. */
export interface ResolvedReading {
  readonly signal: SignalId;
  readonly minus: SignalId | null;
  /** Feature index to its weight in the reading; empty for probes. */
  readonly weights: ReadonlyMap<number, number>;
  /** The aggregate that the signal itself goes with. */
  readonly ownAggregate: Aggregate;
}

const MAX: Aggregate = { kind: 'max', window: 1 };

type Known = Omit<ResolvedReading, 'minus'>;

/** Resolves `signal` and `minus`; undefined after a complaint. */
export function resolveReading(
  { signal, minus }: { readonly signal: SignalDefinition; readonly minus?: SignalDefinition | undefined },
  context: ConditionContext,
): ResolvedReading | undefined {
  const first = resolveSignal(signal, 'signal', context);
  const second = minus && resolveSignal(minus, 'minus', context);
  if (first === undefined || (minus !== undefined && second === undefined)) return undefined;
  if (second === undefined) return { ...first, minus: null };
  if (second.signal === first.signal) {
    context.complain(['minus'], `minus: ${second.signal} taken off itself is nothing`);
    return undefined;
  }
  const weights = new Map(first.weights);
  for (const [index, weight] of second.weights) weights.set(index, (weights.get(index) ?? 0) - weight);
  return { ...first, weights, minus: second.signal };
}

function resolveSignal(
  signal: SignalDefinition,
  key: 'signal' | 'minus',
  { featureset, complain }: ConditionContext,
): Known | undefined {
  if (signal.concept !== undefined) {
    const concept = featureset.concept(signal.concept);
    if (concept !== undefined) return conceptSignal(concept);
    const known = featureset.concepts.map(({ name }) => name);
    complain([key, 'concept'], unknownName('concept', signal.concept, { known, featureset }));
    return undefined;
  }
  if (signal.probe !== undefined) {
    const known = featureset.probes;
    if (known.includes(signal.probe)) {
      return { signal: `probe/${signal.probe}`, weights: new Map(), ownAggregate: MAX };
    }
    complain([key, 'probe'], unknownName('probe', signal.probe, { known, featureset }));
    return undefined;
  }
  const index = resolveFeature(signal.feature ?? '', featureset);
  if (typeof index === 'number') {
    return { signal: `feature/${index}`, weights: new Map([[index, 1]]), ownAggregate: MAX };
  }
  complain([key, 'feature'], index);
  return undefined;
}

function conceptSignal({ name, features, aggregate }: Concept): Known {
  const weights = new Map(features.map(({ index, weight }) => [index, weight]));
  return { signal: `concept/${name}`, weights, ownAggregate: aggregate };
}

function resolveFeature(feature: number | string, featureset: Featureset): number | string {
  if (typeof feature === 'string') {
    return featureset.featureByLabel(feature) ?? unknownLabel(feature, featureset);
  }
  if (feature < featureset.dictionarySize) return feature;
  const last = featureset.dictionarySize - 1;
  return `feature ${feature} is past the dictionary of ${featureset.name}, whose features are 0 to ${last}; give one of these, or load the featureset that the rule was written for`;
}

function unknownName(
  kind: string,
  name: string,
  { known, featureset }: { readonly known: readonly string[]; readonly featureset: Featureset },
): string {
  const meant = didYouMean(name, known) || `; it has ${known.join(', ') || 'none'}`;
  return `unknown ${kind} "${name}" in featureset ${featureset.name}${meant}`;
}
