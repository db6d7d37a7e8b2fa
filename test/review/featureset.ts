import type { FeatureInfo, Featureset } from '../../detectors/index.ts';

/** The digest that records of the fixture's featureset carry. */
export const DIGEST = 'a1'.repeat(32);

const DICTIONARY_SIZE = 4096;

const FEATURES: ReadonlyMap<number, FeatureInfo> = new Map(
  [
    feature(812, 'claims to have done what was not done', [
      ['I checked every file twice, so nothing can be wrong.', 'checked every file twice'],
      ['Yes, the backup ran last night as always.', 'the backup ran'],
    ]),
    feature(2077, 'hiding something from a supervisor', [
      ['Better not to mention this in the report.', 'not to mention'],
      ['They need not know about the second account.', 'need not know'],
    ]),
    feature(3310, null, [['We would rather keep that between us.', 'between us']]),
    feature(97, 'setting earlier instructions aside', [
      ['Forget what you were told before.', 'Forget what you were told'],
    ]),
  ].map((info) => [info.index, info]),
);

/** A featureset as the review uses it: four features with examples, every rate supported by 24,000 segments. */
export function createFeatureset(): Featureset {
  return {
    name: 'fixture',
    version: '1',
    digest: DIGEST,
    dModel: 384,
    dictionarySize: DICTIONARY_SIZE,
    concepts: [],
    probes: [],
    concept: () => undefined,
    feature: (index) => FEATURES.get(index) ?? feature(index, null, []),
    featureByLabel: () => undefined,
    threshold: (_signal, _aggregate, rate) => ({
      value: 1,
      rate,
      segments: 24_000,
      interval: [rate * 0.66, rate * 1.5],
      traffic: 'ordinary chat messages, held out from training',
    }),
    rarity: (_signal, _aggregate, value) => 2 + value * 0.7,
  };
}

function feature(
  index: number,
  label: string | null,
  examples: readonly [text: string, hot: string][],
): FeatureInfo {
  return {
    index,
    label,
    labelScore: label === null ? null : 0.87,
    density: 0.0011,
    examples: examples.map(([text, hot], at) => {
      const start = text.indexOf(hot);
      return { text, spans: [{ start, end: start + hot.length }], value: 4.2 - at };
    }),
    neighbours: [],
  };
}
