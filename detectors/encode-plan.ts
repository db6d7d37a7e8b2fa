import { DetectorError } from './detector-error.ts';
import type { Dictionary, EncoderColumn } from './dictionary.ts';
import type { Concept, SignalId } from './types.ts';

/** How one signal is read off a token's columns: bias + sum of weight_i × activation of column_i. */
export interface SignalReading {
  readonly bias: number;
  readonly columns: Uint32Array;
  readonly weights: Float32Array;
}

/** Everything that a set of signals asks of the dictionary; plain data that threads share. */
export interface EncodePlan {
  readonly id: number;
  readonly dModel: number;
  /** float32 [dModel, width], row-major; [dModel]; [width]; [width]. */
  readonly W: Float32Array;
  readonly centre: Float32Array;
  readonly b: Float32Array;
  readonly threshold: Float32Array;
  /** uint32 [features.length]: the dictionary's index of each of the first columns; the others are probes. */
  readonly features: Uint32Array;
  readonly signals: readonly SignalReading[];
}

/** The parts of a featureset that a plan is made from. */
export interface PlanSource {
  readonly dictionary: Dictionary;
  readonly concepts: readonly Concept[];
  readonly probes: readonly string[];
}

/** What is asked of the dictionary. */
export interface Asked {
  readonly signals: readonly SignalId[];
  /** Whether every feature is wanted, whatever the signals refer to. */
  readonly withDictionary: boolean;
}

/** The columns that are asked for and nothing else: the union of concepts' features, features asked for, probes.
 *  @throws {DetectorError} SIGNAL_UNKNOWN, FEATURE_OUT_OF_RANGE */
export function compilePlan(id: number, { signals, withDictionary }: Asked, source: PlanSource): EncodePlan {
  const terms = signals.map((signal) => termsOf(signal, source));
  const features = withDictionary
    ? Array.from({ length: source.dictionary.size }, (_, index) => index)
    : [...new Set(terms.flatMap((t) => t.features.map((f) => f.index)))].sort((a, b) => a - b);
  const probes = [...new Set(terms.flatMap((t) => t.probes))];
  const place = new Map(features.map((index, column) => [index, column]));
  const columns = [...features.map(source.dictionary.feature), ...probes.map(source.dictionary.probe)];
  return {
    id,
    ...packColumns(columns, source.dictionary.centre),
    features: Uint32Array.from(features),
    signals: terms.map((t) => ({
      bias: t.bias,
      columns: Uint32Array.from([
        ...t.features.map((f) => place.get(f.index) ?? 0),
        ...t.probes.map((p) => features.length + probes.indexOf(p)),
      ]),
      weights: Float32Array.from([...t.features.map((f) => f.weight), ...t.probes.map(() => 1)]),
    })),
  };
}

interface Terms {
  readonly bias: number;
  readonly features: readonly { readonly index: number; readonly weight: number }[];
  readonly probes: readonly number[];
}

function termsOf(signal: SignalId, { concepts, probes }: PlanSource): Terms {
  const slash = signal.indexOf('/');
  const kind = signal.slice(0, slash);
  const name = signal.slice(slash + 1);
  if (kind === 'feature')
    return { bias: 0, features: [{ index: indexOf(signal, name), weight: 1 }], probes: [] };
  const concept = kind === 'concept' ? concepts.find((c) => c.name === name) : undefined;
  if (concept) return { bias: concept.bias, features: concept.features, probes: [] };
  const probe = kind === 'probe' ? probes.indexOf(name) : -1;
  if (probe >= 0) return { bias: 0, features: [], probes: [probe] };
  throw new DetectorError(
    'SIGNAL_UNKNOWN',
    `signal ${signal}: the featureset has no such ${kind || 'signal'}`,
    {
      fields: { signal },
    },
  );
}

function indexOf(signal: string, name: string): number {
  if (/^\d+$/.test(name)) return Number(name);
  throw new DetectorError('SIGNAL_UNKNOWN', `signal ${signal}: a feature is named by its index`, {
    fields: { signal },
  });
}

function packColumns(columns: readonly EncoderColumn[], centre: Float32Array) {
  const width = columns.length;
  const dModel = centre.length;
  const shared = (length: number) => new Float32Array(new SharedArrayBuffer(4 * length));
  const W = shared(dModel * width);
  const b = shared(width);
  const threshold = shared(width);
  for (const [column, { weights, bias, threshold: cut }] of columns.entries()) {
    b[column] = bias;
    threshold[column] = cut;
    for (let i = 0; i < dModel; i++) W[i * width + column] = weights[i] ?? 0;
  }
  return { dModel, W, centre, b, threshold };
}
