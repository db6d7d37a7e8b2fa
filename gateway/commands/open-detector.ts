import { resolve } from 'node:path';
import { createDetector, type Detector } from '../../detectors/index.ts';
import { loadConfig } from '../config/load-config.ts';

/** A detector and the folder that it came from. */
export interface OpenDetector {
  readonly detector: Detector;
  readonly modelPath: string;
}

/** Opens the reader that the configuration names, else the one that comes with Telltale.
 *  @param workers - where a command has too little work for more */
export async function openDetector(env: NodeJS.ProcessEnv, workers?: number): Promise<OpenDetector> {
  const { model, detector } = loadConfig(env);
  const modelPath = model ?? resolve(import.meta.dirname, '../../models/default');
  const chosen = workers ?? detector.workers;
  return {
    detector: await createDetector({ modelPath, ...(chosen === null ? {} : { workers: chosen }) }),
    modelPath,
  };
}
