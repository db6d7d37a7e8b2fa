import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The calibrated score of one concept that 1 % of ordinary segments reach: -log10(0.01). */
export const CONCEPT_THRESHOLD = 2;

/** The strongest calibrated score that 1 % of ordinary segments reach: `any_threshold` of the model's manifest or
 *  concepts, as measured; where neither has it, as if the concepts fired on different segments (Bonferroni), which is
 *  on the careful side. */
export async function readAnyThreshold(modelPath: string, concepts: number): Promise<number> {
  for (const file of ['manifest.json', 'concepts.json']) {
    const text = await readFile(join(modelPath, file), 'utf8').catch(() => '{}');
    const { any_threshold: threshold } = JSON.parse(text) as { any_threshold?: unknown };
    if (typeof threshold === 'number') return threshold;
  }
  return CONCEPT_THRESHOLD + Math.log10(Math.max(1, concepts));
}
