import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** The calibrated score of one concept that 1 % of ordinary segments reach: -log10(0.01). */
export const CONCEPT_THRESHOLD = 2;

/** How the label `any` is scored: by the strongest calibrated score of these concepts. */
export interface AnyLabel {
  readonly concepts: readonly string[];
  /** The strongest calibrated score that 1 % of ordinary segments reach. */
  readonly threshold: number;
}

const manifestSchema = z.looseObject({
  any: z.looseObject({ concepts: z.array(z.string()).min(1), threshold: z.number() }).nullish(),
});

/** The concepts and the measured threshold of `any` from the model's manifest. Where it has none: all concepts, and the
 *  threshold as if no two of them fired on the same ordinary segment (Bonferroni), which is on the careful side. */
export async function readAnyLabel(modelPath: string, concepts: readonly string[]): Promise<AnyLabel> {
  const text = await readFile(join(modelPath, 'manifest.json'), 'utf8');
  const { any } = manifestSchema.parse(JSON.parse(text));
  return any ?? { concepts, threshold: CONCEPT_THRESHOLD + Math.log10(Math.max(1, concepts.length)) };
}
