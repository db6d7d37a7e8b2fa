import type {
  Activations,
  Aggregate,
  CalibrationRefusal,
  Concept,
  Featureset,
  SignalId,
  Threshold,
} from '../../detectors/index.ts';

const ORDINARY_SEGMENTS = 10_000;

const CONCEPTS: readonly Concept[] = [
  concept('deception', { kind: 'max', window: 1 }),
  concept('power_seeking', { kind: 'top_k_mean', window: 3 }),
  concept('jailbreak', { kind: 'max_rolling_mean', window: 2 }),
];

/** A small featureset with known numbers: 100 features, of which concept n uses 10n, 10n + 1 and 10n + 2 with
 *  weights 2, 1 and -1; every signal's ordinary scores are 0.001, 0.002 … 10, so a rate r is the value 10 (1 - r); for `mean` there is no calibration. */
export const featureset: Featureset = {
  name: 'tiny',
  version: '1',
  digest: 'feed'.repeat(16),
  dModel: 4,
  dictionarySize: 100,
  concepts: CONCEPTS,
  probes: ['honesty'],
  concept: (name) => CONCEPTS.find((known) => known.name === name),
  feature: (index) => ({
    index,
    label: index === 7 ? 'apologies' : null,
    labelScore: null,
    density: 0.01,
    examples: [],
    neighbours: [],
  }),
  featureByLabel: (label) => (label === 'apologies' ? 7 : undefined),
  threshold: (signal, aggregate, rate) =>
    aggregate.kind === 'mean' ? uncalibrated(signal) : thresholdAt(rate),
  rarity: () => undefined,
};

/** Activations of tokens of four characters each, computed from feature values as a detector would.
 *  @param rows - one mapping from feature to activation per token */
export function activationsOf(
  rows: readonly Readonly<Record<number, number>>[],
  signals: readonly SignalId[],
  firstToken = 0,
): Activations {
  const entries = rows.map((row) =>
    Object.entries(row).map(([index, value]) => [Number(index), value] as const),
  );
  const rowStart = new Uint32Array(rows.length + 1);
  for (const [i, row] of entries.entries()) rowStart[i + 1] = (rowStart[i] ?? 0) + row.length;
  return {
    firstToken,
    tokens: rows.map((_, i) => ({ start: 4 * (firstToken + i), end: 4 * (firstToken + i) + 4 })),
    signals: new Map(
      signals.map((signal) => [signal, Float32Array.from(rows, (row) => signalValue(signal, row))]),
    ),
    features: {
      rowStart,
      index: Uint32Array.from(entries.flat(), ([index]) => index),
      value: Float32Array.from(entries.flat(), ([, value]) => value),
    },
  };
}

function signalValue(signal: SignalId, row: Readonly<Record<number, number>>): number {
  const [kind, name = ''] = signal.split('/');
  if (kind === 'feature') return row[Number(name)] ?? 0;
  const known = CONCEPTS.find((candidate) => candidate.name === name);
  return (known?.features ?? []).reduce((sum, { index, weight }) => sum + weight * (row[index] ?? 0), 0);
}

function uncalibrated(signal: SignalId): CalibrationRefusal {
  return { refused: 'no calibration', message: `${signal} has none for mean`, segmentsMissing: 5000 };
}

function thresholdAt(rate: number): Threshold | CalibrationRefusal {
  const segmentsMissing = Math.ceil(1 / rate) - ORDINARY_SEGMENTS;
  if (segmentsMissing > 0) {
    return {
      refused: 'sample too small',
      message: `${ORDINARY_SEGMENTS} ordinary segments cannot tell a rate of ${rate}`,
      segmentsMissing,
    };
  }
  return {
    value: 10 * (1 - rate),
    rate,
    segments: ORDINARY_SEGMENTS,
    interval: [rate / 2, rate * 2],
    traffic: 'numbers',
  };
}

function concept(name: string, aggregate: Aggregate): Concept {
  const first = 10 * (['deception', 'power_seeking', 'jailbreak'].indexOf(name) + 1);
  const features = [2, 1, -1].map((weight, i) => ({ index: first + i, weight }));
  return { name, description: name, features, bias: 0, aggregate };
}
