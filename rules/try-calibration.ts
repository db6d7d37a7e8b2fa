import { resolve } from 'node:path';
import type { Featureset } from '../detectors/index.ts';
import { compileFiles } from './load.ts';
import type { OwnCalibration } from './own-calibration.ts';
import type { CalibratedFeatureset } from './rate-subject.ts';
import { readRuleFiles } from './read-files.ts';
import type { LoadResult } from './types.ts';

/** A calibration and the file that it is to be written to. */
export interface NewCalibration {
  readonly file: string;
  readonly calibration: OwnCalibration;
}

/** The text of a calibration's file. */
export function calibrationText(calibration: OwnCalibration): string {
  const { curves, ...about } = calibration;
  const lines = curves.map((curve) => `    ${JSON.stringify(curve)}`);
  const head = JSON.stringify(about, null, 2).slice(0, -2);
  return `${head},\n  "curves": [\n${lines.join(',\n')}\n  ]\n}\n`;
}

/** The rules as they load where every rate that they state is granted: what they read is what there is to learn for them.
 *  Problems are those that no calibration mends. Thresholds of rates are made up. */
export async function loadToLearn(paths: readonly string[], featureset: Featureset): Promise<LoadResult> {
  const files = await readRuleFiles(paths);
  const granted = { value: Number.MAX_VALUE, rate: 0, segments: 0, interval: [0, 1], traffic: '' } as const;
  const any: CalibratedFeatureset = {
    ...featureset,
    threshold: () => granted,
    ownThreshold: () => granted,
  };
  return compileFiles({ ...files, calibrations: [] }, any);
}

/** What the rules would come to with a calibration that is not written yet: a rate that its sample cannot carry is an
 *  error that says how many segments are missing. */
export async function tryCalibration(
  paths: readonly string[],
  { file, calibration }: NewCalibration,
  featureset: Featureset,
): Promise<LoadResult> {
  const files = await readRuleFiles(paths);
  const others = (files.calibrations ?? []).filter((one) => resolve(one.file) !== resolve(file));
  const calibrations = [...others, { file, text: calibrationText(calibration) }];
  return compileFiles({ ...files, calibrations }, featureset);
}
