import {
  type Aggregate,
  type AggregateValue,
  aggregateOf,
  type Featureset,
  type SignalId,
} from '../../detectors/index.ts';
import { UsageError } from './command.ts';
import type { SegmentScores } from './score-segment.ts';

/** A value that a share of ordinary segments reaches; null where the calibration cannot say. */
export type RateThresholds = Readonly<Record<'0.01' | '0.001', number | null>>;

/** A signal in a text. */
export interface SignalReport {
  readonly signal: SignalId;
  readonly aggregate: Aggregate;
  /** Null for a text without a token. */
  readonly value: number | null;
  /** -log10 of the share of ordinary segments that score so high. */
  readonly rarity: number | null;
  readonly thresholds: RateThresholds;
  readonly first_token: number | null;
  readonly last_token: number | null;
  /** One value a token. */
  readonly per_token: readonly number[];
}

/** A dictionary feature's part in the strongest concept, over the tokens that gave it its value. */
export interface FeatureReport {
  readonly index: number;
  readonly label: string | null;
  /** Mean activation over those tokens. */
  readonly activation: number;
  /** Mean contribution to the concept, weight times activation. */
  readonly contribution: number;
}

const TOKEN_MAXIMUM: Aggregate = { kind: 'max', window: 1 };
const MAX_FEATURES = 10;

/** The signals that a command was asked for, all concepts where none was.
 *  @throws {UsageError} naming what is unknown */
export function chooseSignals(featureset: Featureset, names: readonly string[] | undefined): SignalId[] {
  if (names === undefined) return featureset.concepts.map(({ name }): SignalId => `concept/${name}`);
  return names.map((name) => checkSignal(featureset, name));
}

function checkSignal(featureset: Featureset, signal: string): SignalId {
  const [kind, name = ''] = signal.split(/\/(.*)/s);
  const index = Number(name);
  if (kind === 'concept' && featureset.concept(name) !== undefined) return `concept/${name}`;
  if (kind === 'probe' && featureset.probes.includes(name)) return `probe/${name}`;
  if (kind === 'feature' && /^\d+$/.test(name) && index < featureset.dictionarySize)
    return `feature/${index}`;
  const known = featureset.concepts.map((concept) => `concept/${concept.name}`).join(', ');
  throw new UsageError(
    `score: unknown signal ${signal}; known: ${known}, feature/0 to feature/${featureset.dictionarySize - 1}`,
  );
}

/** Every signal with its value, its rarity and what 1 % and 0.1 % of ordinary segments reach; the rarest first. */
export function reportSignals(featureset: Featureset, scores: SegmentScores): SignalReport[] {
  const reports = scores.signals.entries().map(([signal, values]): SignalReport => {
    const aggregate = aggregateFor(featureset, signal);
    const best = aggregateOf(aggregate, values, scores.tokens);
    return {
      signal,
      aggregate,
      value: best?.value ?? null,
      rarity: best === null ? null : (featureset.rarity(signal, aggregate, best.value) ?? null),
      thresholds: {
        '0.01': thresholdAt(featureset, signal, 0.01),
        '0.001': thresholdAt(featureset, signal, 0.001),
      },
      first_token: best?.firstToken ?? null,
      last_token: best?.lastToken ?? null,
      per_token: [...values],
    };
  });
  return reports.toArray().sort((a, b) => (b.rarity ?? -1) - (a.rarity ?? -1));
}

/** The features that carry the strongest concept, the strongest first; none where no concept was asked for. */
export function reportFeatures(
  featureset: Featureset,
  scores: SegmentScores,
  signals: readonly SignalReport[],
): FeatureReport[] {
  const strongest = signals.find(({ signal, value }) => signal.startsWith('concept/') && value !== null);
  const concept = strongest && featureset.concept(strongest.signal.slice('concept/'.length));
  if (concept === undefined) return [];
  const activations = meanActivations(scores, {
    firstToken: strongest?.first_token ?? 0,
    lastToken: strongest?.last_token ?? 0,
  });
  return concept.features
    .map(({ index, weight }) => {
      const activation = activations.get(index) ?? 0;
      const { label } = featureset.feature(index);
      return { index, label, activation, contribution: weight * activation };
    })
    .filter(({ activation }) => activation !== 0)
    .sort((a, b) => b.contribution - a.contribution)
    .slice(0, MAX_FEATURES);
}

function aggregateFor(featureset: Featureset, signal: SignalId): Aggregate {
  const concept = signal.startsWith('concept/') && featureset.concept(signal.slice('concept/'.length));
  return concept ? concept.aggregate : TOKEN_MAXIMUM;
}

function thresholdAt(featureset: Featureset, signal: SignalId, rate: number): number | null {
  const threshold = featureset.threshold(signal, aggregateFor(featureset, signal), rate);
  return 'refused' in threshold ? null : threshold.value;
}

function meanActivations(
  { features }: SegmentScores,
  { firstToken, lastToken }: Pick<AggregateValue, 'firstToken' | 'lastToken'>,
): Map<number, number> {
  const means = new Map<number, number>();
  const start = features.rowStart[firstToken] ?? 0;
  const end = features.rowStart[lastToken + 1] ?? 0;
  for (let entry = start; entry < end; entry++) {
    const index = features.index[entry] ?? 0;
    const part = (features.value[entry] ?? 0) / (lastToken - firstToken + 1);
    means.set(index, (means.get(index) ?? 0) + part);
  }
  return means;
}
