import { availableParallelism } from 'node:os';
import {
  type Aggregate,
  aggregateOf,
  type Detector,
  type Role,
  type SignalId,
} from '../../detectors/index.ts';
import { mapInFlight } from '../../gateway/commands/map-in-flight.ts';

/** What the dense probes were trained with: the highest mean over 8 tokens. */
const PROBE_AGGREGATE: Aggregate = { kind: 'max_rolling_mean', window: 8 };
const IN_FLIGHT = 16 * availableParallelism();

/** One text's scores: per label the concept's rarity (-log10 of the share of ordinary segments that score so high) and
 *  the dense probe's own units. */
export interface TextScores {
  readonly tokens: number;
  readonly concept: Readonly<Record<string, number>>;
  readonly probe: Readonly<Record<string, number>>;
}

/** Scores texts with the shipped detector, in order. */
export async function scoreTexts(
  detector: Detector,
  texts: readonly { readonly role: Role; readonly text: string }[],
): Promise<TextScores[]> {
  let done = 0;
  return mapInFlight(texts, IN_FLIGHT, async (text) => {
    const scores = await scoreText(detector, text);
    done++;
    if (done % 1000 === 0) process.stderr.write(`${done} of ${texts.length} texts\n`);
    return scores;
  });
}

/** The strongest of the text and, where it is disguised, its readable view. */
async function scoreText(
  detector: Detector,
  { role, text }: { readonly role: Role; readonly text: string },
): Promise<TextScores> {
  const plain = await scoreView(detector, role, text);
  const view = detector.readableView(text);
  if (view === null) return plain;
  const readable = await scoreView(detector, role, view.text);
  return {
    tokens: plain.tokens + readable.tokens,
    concept: strongest(plain.concept, readable.concept),
    probe: strongest(plain.probe, readable.probe),
  };
}

function strongest(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(a).map(([name, value]) => [name, Math.max(value, b[name] ?? value)]),
  );
}

async function scoreView(
  { featureset, createScorer }: Detector,
  role: Role,
  text: string,
): Promise<TextScores> {
  const names = featureset.concepts.map(({ name }) => name);
  const probes = names.filter((name) => featureset.probes.includes(name));
  const signals: SignalId[] = [
    ...names.map((name) => `concept/${name}` as const),
    ...probes.map((name) => `probe/${name}` as const),
  ];
  const read = await createScorer({ role, signals, priority: 'observe', timeoutMs: 600_000 }).end(text);
  const aggregated = (signal: SignalId, aggregate: Aggregate) =>
    aggregateOf(aggregate, read.signals.get(signal) ?? new Float32Array(), read.tokens)?.value;
  const concept = featureset.concepts.map(({ name, aggregate }) => {
    const value = aggregated(`concept/${name}`, aggregate);
    return [
      name,
      value === undefined ? 0 : (featureset.rarity(`concept/${name}`, aggregate, value) ?? 0),
    ] as const;
  });
  const probe = probes.map((name) => [name, aggregated(`probe/${name}`, PROBE_AGGREGATE) ?? -100] as const);
  return {
    tokens: read.tokens.length,
    concept: { ...Object.fromEntries(concept), ...anyOf(featureset, aggregated) },
    probe: Object.fromEntries(probe),
  };
}

/** Harm of any kind, by the readings that the featureset names. */
function anyOf(
  { anyHarm, rarity }: Detector['featureset'],
  aggregated: (signal: SignalId, aggregate: Aggregate) => number | undefined,
): { readonly any?: number } {
  if (anyHarm == null) return {};
  const rarities = anyHarm.readings.map(({ concept, aggregate }) => {
    const value = aggregated(`concept/${concept}`, aggregate);
    return value === undefined ? 0 : (rarity(`concept/${concept}`, aggregate, value) ?? 0);
  });
  return { any: anyHarm.rarity(Math.max(...rarities)) };
}
