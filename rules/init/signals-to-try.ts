import type { Aggregate, Featureset, Role, SignalId } from '../../detectors/index.ts';
import type { SignalDefinition } from '../schema.ts';

/** A signal that a rule may be proposed on. */
export interface SignalToTry {
  readonly signal: SignalId;
  /** As a rule writes it: a concept's name; of a feature the label where no other has it, else the index. */
  readonly definition: SignalDefinition;
  /** Of a feature, where it has one. */
  readonly label: string | null;
  /** The one that a rule leaves out. */
  readonly aggregate: Aggregate;
  /** Its threshold where as many signals as its place says share the rate, the first for one alone; null where the
   *  calibration carries none. */
  readonly thresholds: readonly (number | null)[];
}

export interface SignalsAsked {
  readonly role: Role;
  /** At most one in so many ordinary segments may be found. */
  readonly oneIn: number;
  /** At most so many signals share the rate. */
  readonly atMost: number;
}

/** Of a feature nothing else is calibrated. */
const MAX: Aggregate = { kind: 'max', window: 1 };

/** What a rate can be promised for: first the concepts, then the features, each in the featureset's order. */
export function signalsToTry(featureset: Featureset, asked: SignalsAsked): readonly SignalToTry[] {
  const concepts = featureset.concepts.map(({ name, aggregate }) => {
    const signal: SignalId = `concept/${name}`;
    const thresholds = thresholdsOf(featureset, { signal, aggregate, ...asked });
    return { signal, definition: { concept: name }, label: null, aggregate, thresholds };
  });
  const features = Array.from({ length: featureset.dictionarySize }, (_, index): SignalToTry[] => {
    const signal: SignalId = `feature/${index}`;
    const thresholds = thresholdsOf(featureset, { signal, aggregate: MAX, ...asked });
    // The description of one of a million features is looked up only where it is needed.
    if (!isCalibrated({ thresholds })) return [];
    const { label } = featureset.feature(index);
    const isOnlyOne = label !== null && featureset.featureByLabel(label) === index;
    return [
      { signal, definition: { feature: isOnlyOne ? label : index }, label, aggregate: MAX, thresholds },
    ];
  });
  return [...concepts.filter(isCalibrated), ...features.flat()];
}

function isCalibrated({ thresholds }: Pick<SignalToTry, 'thresholds'>): boolean {
  return thresholds.some((threshold) => threshold !== null);
}

function thresholdsOf(
  featureset: Featureset,
  of: SignalsAsked & Pick<SignalToTry, 'signal' | 'aggregate'>,
): (number | null)[] {
  const { signal, aggregate, role, oneIn, atMost } = of;
  return Array.from({ length: atMost }, (_, i) => {
    const limit = featureset.threshold(signal, aggregate, 1 / (oneIn * (i + 1)), role);
    return 'refused' in limit ? null : limit.value;
  });
}
