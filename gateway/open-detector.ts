import { resolve } from 'node:path';
import { createDetector, type Detector, DetectorError, openFeatureset } from '../detectors/index.ts';
import type { Config } from './config/schema.ts';
import { GatewayError } from './gateway-error.ts';
import { createIdleDetector } from './handover/idle-detector.ts';

const MODEL_FOLDER = resolve(import.meta.dirname, '../models/default');

/** The folder of the featureset. */
export function modelFolder({ model }: Pick<Config, 'model'>): string {
  return model ?? MODEL_FOLDER;
}

/** Starts the reader.
 *  @throws {GatewayError} START_FAILED where the model cannot be used */
export function openDetector(config: Pick<Config, 'model' | 'detector'>): Promise<Detector> {
  const { detector } = config;
  const { workers, niceness, timeout_ms: timeoutMs, max_queued_blocks: maxQueuedBlocks } = detector;
  const scoreCache = { maxBytes: detector.score_cache_bytes, maxEntries: detector.score_cache_entries };
  const bounds = {
    niceness,
    timeoutMs,
    maxQueuedBlocks,
    scoreCache,
    ...(workers === null ? {} : { workers }),
  };
  return usable(config, (modelPath) => createDetector({ modelPath, ...bounds }));
}

/** What is known of the featureset, without a reader.
 *  @throws {GatewayError} START_FAILED where the model cannot be used */
export function openIdleDetector(config: Pick<Config, 'model'>): Promise<Detector> {
  return usable(config, async (modelPath) => createIdleDetector(await openFeatureset(modelPath)));
}

async function usable(
  config: Pick<Config, 'model'>,
  open: (modelPath: string) => Promise<Detector>,
): Promise<Detector> {
  const modelPath = modelFolder(config);
  try {
    return await open(modelPath);
  } catch (cause) {
    if (!(cause instanceof DetectorError)) throw cause;
    const message = `the model in ${modelPath} (TELLTALE_MODEL) cannot be used: ${cause.message}`;
    throw new GatewayError('START_FAILED', message, { fields: { modelPath }, cause });
  }
}
