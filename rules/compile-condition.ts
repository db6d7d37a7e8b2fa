import type { Aggregate, Concept, Featureset, Role, SignalId } from '../detectors/index.ts';
import type { CompiledCondition } from './compiled.ts';
import { didYouMean } from './nearest.ts';
import { type ConditionDefinition, parseRate, type SignalDefinition } from './schema.ts';
import type { Target } from './types.ts';

/** Says what is wrong and at which key of the condition. */
export type Complain = (path: readonly PropertyKey[], message: string) => void;

export interface ConditionContext {
  readonly name: string;
  readonly target: Target;
  readonly featureset: Featureset;
  readonly complain: Complain;
}

/** Who speaks in the segments of a target: the role whose calibration counts. `any` is calibrated over all. */
export const ROLE_OF_TARGET: Readonly<Record<Target, Role | undefined>> = {
  input: 'user',
  output: 'assistant',
  system: 'system',
  tool_call: 'assistant',
  tool_result: 'tool',
  any: undefined,
};

const MAX: Aggregate = { kind: 'max', window: 1 };

/** Resolves a condition on a signal against the featureset; undefined after a complaint. */
export function compileCondition(
  definition: ConditionDefinition,
  context: ConditionContext,
): CompiledCondition | undefined {
  const resolved = definition.signal && resolveSignal(definition.signal, context);
  if (resolved === undefined) return undefined;
  const { signal, weights, ownAggregate } = resolved;
  const aggregate =
    definition.aggregate === undefined
      ? ownAggregate
      : { kind: definition.aggregate, window: definition.window ?? 1 };
  const limit = resolveThreshold(definition, { signal, aggregate, context });
  return limit === undefined ? undefined : { name: context.name, signal, aggregate, weights, ...limit };
}

interface ResolvedSignal {
  readonly signal: SignalId;
  readonly weights: ReadonlyMap<number, number>;
  readonly ownAggregate: Aggregate;
}

function resolveSignal(
  signal: SignalDefinition,
  { featureset, complain }: ConditionContext,
): ResolvedSignal | undefined {
  if (signal.concept !== undefined) {
    const concept = featureset.concept(signal.concept);
    if (concept !== undefined) return conceptSignal(concept);
    const known = featureset.concepts.map(({ name }) => name);
    complain(['signal', 'concept'], unknownName('concept', signal.concept, { known, featureset }));
    return undefined;
  }
  if (signal.probe !== undefined) {
    const isKnown = featureset.probes.includes(signal.probe);
    if (isKnown) return { signal: `probe/${signal.probe}`, weights: new Map(), ownAggregate: MAX };
    complain(
      ['signal', 'probe'],
      unknownName('probe', signal.probe, { known: featureset.probes, featureset }),
    );
    return undefined;
  }
  const index = resolveFeature(signal.feature ?? '', featureset);
  if (typeof index === 'number') {
    return { signal: `feature/${index}`, weights: new Map([[index, 1]]), ownAggregate: MAX };
  }
  complain(['signal', 'feature'], index);
  return undefined;
}

function conceptSignal({ name, features, aggregate }: Concept): ResolvedSignal {
  const weights = new Map(features.map(({ index, weight }) => [index, weight]));
  return { signal: `concept/${name}`, weights, ownAggregate: aggregate };
}

function resolveFeature(feature: number | string, featureset: Featureset): number | string {
  if (typeof feature === 'string') {
    const index = featureset.featureByLabel(feature);
    return (
      index ??
      `no feature of ${featureset.name}, or more than one, has the label "${feature}"; give its index`
    );
  }
  if (feature < featureset.dictionarySize) return feature;
  const last = featureset.dictionarySize - 1;
  return `feature ${feature} is past the dictionary of ${featureset.name}, whose features are 0 to ${last}`;
}

function unknownName(
  kind: string,
  name: string,
  { known, featureset }: { readonly known: readonly string[]; readonly featureset: Featureset },
): string {
  const meant = didYouMean(name, known) || `; it has ${known.join(', ') || 'none'}`;
  return `unknown ${kind} "${name}" in featureset ${featureset.name}${meant}`;
}

function resolveThreshold(
  definition: ConditionDefinition,
  parts: { readonly signal: SignalId; readonly aggregate: Aggregate; readonly context: ConditionContext },
): Pick<CompiledCondition, 'threshold' | 'rate' | 'rateInterval'> | undefined {
  if (definition.above !== undefined) {
    return { threshold: definition.above, rate: null, rateInterval: null };
  }
  const { featureset, target, complain } = parts.context;
  const text = definition.rarer_than ?? '';
  const rate = parseRate(text);
  const found = featureset.threshold(parts.signal, parts.aggregate, rate, ROLE_OF_TARGET[target]);
  if (!('refused' in found)) {
    return { threshold: found.value, rate, rateInterval: found.interval };
  }
  const remedy =
    found.refused === 'sample too small'
      ? `${found.segmentsMissing} more ordinary segments are needed, or a less rare rate`
      : "leave the aggregate to the concept's own, or give the threshold with above";
  complain(['rarer_than'], `rarer_than ${text}: ${found.refused}: ${found.message}; ${remedy}`);
  return undefined;
}
