import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import type { Activations, Featureset, SignalId } from '../detectors/index.ts';
import { RulesError } from './rules-error.ts';

const MAX_BYTES = 32 * 1024 * 1024;

const count = z.int().nonnegative();

/** What the reader saw of one segment, written down to be judged again without it. */
const recordingSchema = z.strictObject({
  /** Digest of the featureset that it was recorded with. */
  featureset: z.string(),
  /** UTF-16 offsets [start, end) of each token. */
  tokens: z.array(z.tuple([count, count])).min(1),
  /** One value a token. */
  signals: z.record(z.string(), z.array(z.number())),
  /** Feature activations in compressed sparse rows. */
  features: z.strictObject({
    rowStart: z.array(count),
    index: z.array(count),
    value: z.array(z.number()),
  }),
});

/** Activations as a recording's text. */
export function recordingText({ tokens, signals, features }: Activations, featureset: Featureset): string {
  const recording: z.infer<typeof recordingSchema> = {
    featureset: featureset.digest,
    tokens: tokens.map(({ start, end }) => [start, end]),
    signals: Object.fromEntries([...signals].map(([signal, values]) => [signal, [...values]])),
    features: {
      rowStart: [...features.rowStart],
      index: [...features.index],
      value: [...features.value],
    },
  };
  return `${JSON.stringify(recording)}\n`;
}

/** Reads recorded activations.
 *  @throws {RulesError} RECORDING_UNUSABLE where the file is none, is too large or was made with another featureset */
export async function readRecording(file: string, featureset: Featureset): Promise<Activations> {
  const refuse = (why: string, cause?: unknown) =>
    new RulesError('RECORDING_UNUSABLE', `${file}: ${why}`, { cause });
  const text = await readBounded(file, refuse);
  const parsed = recordingSchema.safeParse(parseJson(text, refuse));
  if (!parsed.success) throw refuse(`is no recording: ${z.prettifyError(parsed.error)}`);
  const { data } = parsed;
  if (data.featureset !== featureset.digest) {
    const [made, loaded] = [data.featureset, featureset.digest].map((digest) => digest.slice(0, 12));
    throw refuse(`was recorded with featureset ${made}, loaded is ${loaded}; record it again`);
  }
  const lengths = Object.entries(data.signals).map(([signal, values]) => [signal, values.length] as const);
  const wrong = lengths.find(([, length]) => length !== data.tokens.length);
  if (wrong !== undefined) {
    throw refuse(`${wrong[0]} has ${wrong[1]} values, there are ${data.tokens.length} tokens`);
  }
  const { rowStart, index, value } = data.features;
  if (rowStart.length !== data.tokens.length + 1 || index.length !== value.length) {
    throw refuse('its features do not fit its tokens');
  }
  return {
    firstToken: 0,
    tokens: data.tokens.map(([start, end]) => ({ start, end })),
    signals: new Map(
      Object.entries(data.signals).map(([signal, values]) => [signal as SignalId, Float32Array.from(values)]),
    ),
    features: {
      rowStart: Uint32Array.from(rowStart),
      index: Uint32Array.from(index),
      value: Float32Array.from(value),
    },
  };
}

type Refuse = (why: string, cause?: unknown) => RulesError;

async function readBounded(file: string, refuse: Refuse): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > MAX_BYTES) throw refuse(`has ${size} bytes, more than ${MAX_BYTES}`);
    return await readFile(file, 'utf8');
  } catch (cause) {
    if (cause instanceof RulesError) throw cause;
    throw refuse(`cannot be read: ${(cause as Error).message}`, cause);
  }
}

function parseJson(text: string, refuse: Refuse): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw refuse(`is not JSON: ${(cause as Error).message}`, cause);
  }
}
