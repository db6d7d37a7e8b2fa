import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { createStateWriter, type StateWriter } from '../state-file.ts';
import type { Logger } from '../telemetry/index.ts';
import { type TrackedFile, trackedFileSchema } from './tracked.ts';

export interface DriftStateParts {
  /** File of the state, in JSON. */
  readonly path: string;
  readonly featureset: string;
  readonly windowMs: number;
  readonly log: Logger;
}

/** What was counted before this start. Where it cannot be read, or was counted otherwise, that is said and counting
 *  begins anew. */
export async function readDriftState(parts: DriftStateParts): Promise<TrackedFile['thresholds']> {
  const { path, log, featureset, windowMs } = parts;
  const begin = (reason: string) => {
    log.warn('the counts of live false-alarm rates cannot be used; they begin anew', { path, reason });
    return [];
  };
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? [] : begin((error as Error).message);
  }
  const parsed = trackedFileSchema.safeParse(parseJson(text));
  if (!parsed.success) return begin(z.prettifyError(parsed.error));
  if (parsed.data.featureset !== featureset) return begin('they were counted with another featureset');
  if (parsed.data.windowMs !== windowMs) return begin('they were counted under another window');
  return parsed.data.thresholds;
}

/** Writes what was counted. */
export function createDriftWriter(parts: DriftStateParts): StateWriter<TrackedFile['thresholds']> {
  const { path, log, featureset, windowMs } = parts;
  return createStateWriter({
    path,
    log,
    trouble: 'the counts of live false-alarm rates cannot be written',
    textOf: (thresholds) =>
      JSON.stringify({ version: 1, featureset, windowMs, thresholds } satisfies TrackedFile),
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
