import type { FeatureInfo } from '../detectors/index.ts';
import type { FeatureView } from './wire.ts';

const MAX_EXAMPLES = 8;

/** What a person reads of a feature: its examples, strongest first, without its neighbours. */
export function featureView({ index, label, labelScore, density, examples }: FeatureInfo): FeatureView {
  return { index, label, labelScore, density, examples: examples.slice(0, MAX_EXAMPLES) };
}
