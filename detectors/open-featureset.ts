import { createFeatureset } from './featureset.ts';
import { readModelFiles } from './manifest.ts';
import type { Featureset } from './types.ts';

/** Loads and checks a model folder for what is known of it, without a reader: for whoever scores nothing.
 *  @throws {DetectorError} naming the file when the folder is not what its manifest says */
export async function openFeatureset(modelPath: string): Promise<Featureset> {
  return createFeatureset(await readModelFiles(modelPath)).featureset;
}
