import { createAnyHarm } from './any-harm.ts';
import { parseCalibration, rarityOn, thresholdFor } from './calibration.ts';
import { parseConcepts } from './concepts.ts';
import { createDictionary, type Dictionary } from './dictionary.ts';
import { createFeatureIndex } from './feature-index.ts';
import type { ModelFiles } from './manifest.ts';
import type { Featureset } from './types.ts';

/** The face that rules read, and the dictionary that plans are made from.
 *  @throws {DetectorError} when a file's content does not fit the manifest */
export function createFeatureset(model: ModelFiles): { featureset: Featureset; dictionary: Dictionary } {
  const { manifest, digest, files } = model;
  const dictionary = createDictionary(model);
  const concepts = parseConcepts(files['concepts.json'], dictionary.size);
  const calibration = parseCalibration(files['calibration.bin']);
  const features = createFeatureIndex(files['features.jsonl']);
  const byName = new Map(concepts.map((concept) => [concept.name, concept]));
  const featureset: Featureset = {
    name: manifest.name,
    version: manifest.version,
    digest,
    dModel: manifest.reader.dModel,
    dictionarySize: dictionary.size,
    concepts,
    probes: manifest.probes,
    anyHarm: manifest.any && createAnyHarm(manifest.any),
    training: manifest.training,
    concept: (name) => byName.get(name),
    feature: (index) => {
      dictionary.feature(index);
      return features.describe(index);
    },
    featureByLabel: features.byLabel,
    threshold: (signal, aggregate, rate, role) =>
      thresholdFor(calibration, signal, { aggregate, rate, role }),
    rarity: (signal, aggregate, value) => {
      const curve = calibration.curve(signal, aggregate);
      return curve && rarityOn(curve, value);
    },
  };
  return { featureset, dictionary };
}
