import { z } from 'zod';
import { aggregateSchema } from './aggregate-schema.ts';
import { DetectorError } from './detector-error.ts';
import type { Concept } from './types.ts';

const conceptSchema = z.object({
  name: z.string().min(1),
  description: z.string(),
  bias: z.number(),
  aggregate: aggregateSchema,
  features: z.array(z.strictObject({ index: z.int().nonnegative(), weight: z.number() })),
});

/** Reads `concepts.json`.
 *  @throws {DetectorError} MANIFEST_INVALID when it is not a list of concepts, FEATURE_OUT_OF_RANGE */
export function parseConcepts(file: Uint8Array, dictionarySize: number): readonly Concept[] {
  const parsed = z.array(conceptSchema).safeParse(JSON.parse(Buffer.from(file).toString('utf8')));
  if (!parsed.success) {
    const message = `concepts.json: ${z.prettifyError(parsed.error)}`;
    throw new DetectorError('MANIFEST_INVALID', message, { cause: parsed.error });
  }
  for (const { name, features } of parsed.data) {
    const wrong = features.find(({ index }) => index >= dictionarySize);
    if (wrong === undefined) continue;
    const message = `concepts.json: ${name} names feature ${wrong.index}, the dictionary has ${dictionarySize}`;
    throw new DetectorError('FEATURE_OUT_OF_RANGE', message, {
      fields: { concept: name, index: wrong.index },
    });
  }
  return parsed.data;
}
