import type { Computed, Featureset, SignalId } from '../../detectors/index.ts';
import type { Config } from '../config/schema.ts';

/** What the reader computes for a segment whose rules read some signals. The same for the same list. */
export type ComputedFor = (signals: readonly SignalId[]) => Computed;

/** @param keep - what is to be kept of every segment that is read */
export function createComputedFor(keep: Config['replay']['keep'], featureset: Featureset): ComputedFor {
  const named: readonly SignalId[] = [
    ...featureset.concepts.map(({ name }) => `concept/${name}` as const),
    ...featureset.probes.map((name) => `probe/${name}` as const),
  ];
  const isNamed = keep === 'concepts' || keep === 'dictionary';
  // Plans hand out the same list again and again, and lists that nobody holds any more are forgotten.
  const known = new WeakMap<readonly SignalId[], Computed>();
  return (signals) => {
    const computed = known.get(signals) ?? {
      signals: isNamed ? [...new Set([...signals, ...named])] : signals,
      isWholeDictionary: keep === 'dictionary',
    };
    known.set(signals, computed);
    return computed;
  };
}
