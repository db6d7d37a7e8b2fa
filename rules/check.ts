import type { Featureset } from '../detectors/index.ts';
import { compiledOf } from './compiled.ts';
import { compileFiles } from './load.ts';
import { withCalibrations } from './own-calibration.ts';
import { sortProblems } from './problem.ts';
import { readRuleFiles } from './read-files.ts';
import type { RuleProblem, RuleSummary } from './types.ts';
import { warnOfUnreached } from './unreached-thresholds.ts';

/** What `telltale rules check` finds. */
export interface CheckResult {
  /** No problem is an error. */
  readonly ok: boolean;
  /** Errors and warnings, in the order of files and lines. */
  readonly problems: readonly RuleProblem[];
  /** The rules, when the set is right. */
  readonly rules: readonly RuleSummary[];
}

/** Checks rule files as the gateway would load them, warnings included, and some that only an author wants to hear. */
export async function checkRules(paths: readonly string[], featureset: Featureset): Promise<CheckResult> {
  const files = await readRuleFiles(paths);
  const result = compileFiles(files, featureset);
  if (!result.ok) return { ok: false, problems: result.problems, rules: [] };
  const { ruleSet } = result;
  const { compiledRules, warnings } = compiledOf(ruleSet);
  const calibrated = withCalibrations(featureset, files.calibrations ?? []);
  const unreached = warnOfUnreached(compiledRules, files.sources, calibrated.featureset);
  const rules = ruleSet.rules.map(summaryOf);
  return { ok: true, problems: sortProblems([...warnings, ...unreached]), rules };
}

function summaryOf({ id, name, title, level, mode, action, target, file }: RuleSummary): RuleSummary {
  return { id, name, title, level, mode, action, target, file };
}
