import { openFeatureset } from '../../detectors/index.ts';
import { formatProblems, loadRules } from '../../rules/index.ts';
import type { Config } from '../config/schema.ts';
import { modelFolder } from '../open-detector.ts';
import { ruleFolders } from '../rule-folders.ts';
import { flaggingOnly, whyRefused } from './acting-rules.ts';

/** What a configuration would make of its rules that enforce. */
export interface ActingCheck {
  /** Why the gateway would not start; null where it would. */
  readonly problem: string | null;
  /** Names of rules that would only flag although they enforce. */
  readonly onlyFlag: readonly string[];
}

/** Loads the rules where exchanges are scored elsewhere, and only there.
 *  @throws {DetectorError} where the model cannot be read */
export async function checkActing(config: Config): Promise<ActingCheck> {
  if (config.scoring.where === 'inline') return { problem: null, onlyFlag: [] };
  const folders = ruleFolders(config.rules);
  const loaded = await loadRules(folders, await openFeatureset(modelFolder(config)));
  if (!loaded.ok) return { problem: formatProblems(loaded.problems), onlyFlag: [] };
  const problem = whyRefused(config, loaded.ruleSet);
  return { problem, onlyFlag: problem === null ? flaggingOnly(config, loaded.ruleSet) : [] };
}
