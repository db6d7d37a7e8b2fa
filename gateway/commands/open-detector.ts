import { createDetector, type Detector } from '../../detectors/index.ts';
import { loadConfig } from '../config/load-config.ts';
import { modelFolder } from '../open-detector.ts';

/** A detector and the folder that it came from. */
export interface OpenDetector {
  readonly detector: Detector;
  readonly modelPath: string;
}

/** Opens the reader that the configuration names, else the one that comes with Telltale.
 *  @param workers - where a command has too little work for more */
export async function openDetector(env: NodeJS.ProcessEnv, workers?: number): Promise<OpenDetector> {
  const config = loadConfig(env);
  const modelPath = modelFolder(config);
  const chosen = workers ?? config.detector.workers;
  return {
    detector: await createDetector({ modelPath, ...(chosen === null ? {} : { workers: chosen }) }),
    modelPath,
  };
}
