import type { Featureset } from '../../detectors/index.ts';
import { loadRules, type RuleSet } from '../../rules/index.ts';
import { rulePaths } from './rule-paths.ts';
import { type ProblemOutput, tellProblems } from './tell-problems.ts';

/** Loads the rules that a command is to use.
 *  @returns null where they do not load; why is told */
export async function loadRuleSet(
  named: readonly string[],
  featureset: Featureset,
  output: ProblemOutput,
): Promise<RuleSet | null> {
  const loaded = await loadRules(rulePaths(named, output.io.env), featureset);
  if (loaded.ok) return loaded.ruleSet;
  tellProblems(loaded.problems, output);
  return null;
}
