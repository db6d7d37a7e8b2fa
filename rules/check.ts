import type { Featureset } from '../detectors/index.ts';
import { loadRules } from './load.ts';
import type { RuleProblem, RuleSummary } from './types.ts';

/** What `telltale rules check` finds. */
export interface CheckResult {
  /** No problem is an error. */
  readonly ok: boolean;
  /** Errors and warnings, in the order of files and lines. */
  readonly problems: readonly RuleProblem[];
  /** The rules, when the set is right. */
  readonly rules: readonly RuleSummary[];
}

/** Checks rule files as the gateway would load them, warnings included. */
export async function checkRules(paths: readonly string[], featureset: Featureset): Promise<CheckResult> {
  const result = await loadRules(paths, featureset);
  const problems = result.ok ? result.ruleSet.warnings : result.problems;
  return { ok: result.ok, problems: sortProblems(problems), rules: result.ok ? result.ruleSet.rules : [] };
}

/** By file, line and column. */
export function sortProblems(problems: readonly RuleProblem[]): readonly RuleProblem[] {
  return [...problems].sort(
    (a, b) =>
      compare(a.file, b.file) || a.line - b.line || a.column - b.column || compare(a.message, b.message),
  );
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
