import type { Featureset } from '../../detectors/index.ts';
import { formatProblems, loadRules, type RuleSet } from '../../rules/index.ts';
import type { CommandIo } from './command.ts';
import { rulePaths } from './rule-paths.ts';

/** Loads the rules that a command is to use.
 *  @returns null where they do not load; why is said on standard error */
export async function loadRuleSet(
  named: readonly string[],
  featureset: Featureset,
  io: CommandIo,
): Promise<RuleSet | null> {
  const loaded = await loadRules(rulePaths(named, io.env), featureset);
  if (loaded.ok) return loaded.ruleSet;
  io.stderr.write(formatProblems(loaded.problems, { isColoured: io.errorsHaveColours }));
  return null;
}
