import type { Detector } from '../detectors/index.ts';
import {
  createRuleWatcher,
  formatProblems,
  inShadow,
  loadRules,
  type RuleProblem,
  type RuleSet,
} from '../rules/index.ts';
import { GatewayError } from './gateway-error.ts';
import type { Logger, Telemetry } from './telemetry/index.ts';

/** The rules that hold now, kept up to date with their files. */
export interface ActiveRules {
  current(): RuleSet;
  /** Reads the files again; a broken set leaves the old one in place. */
  reload(): Promise<void>;
  /** Calls the listener with each changed set that is refused. */
  onRefused(listener: (refused: RefusedRules) => void): void;
  close(): Promise<void>;
}

/** Changed rules that cannot be used. */
export interface RefusedRules {
  /** Each with its file, line and column where it has them. */
  readonly problems: readonly string[];
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface ActiveRulesParts {
  readonly folders: readonly string[];
  readonly detector: Detector;
  readonly telemetry: Telemetry;
  readonly log: Logger;
  /** Whether no rule may act. */
  readonly isShadow?: boolean;
  /** Why rules that are sound cannot be used here; null where they can. */
  readonly whyRefused?: (ruleSet: RuleSet) => string | null;
}

/** @throws {GatewayError} RULES_BROKEN with every problem, each with file, line and column */
export async function startRules({
  folders,
  detector,
  telemetry,
  log,
  isShadow = false,
  whyRefused = () => null,
}: ActiveRulesParts): Promise<ActiveRules> {
  const { featureset } = detector;
  const loaded = await loadRules(folders, featureset);
  if (!loaded.ok) {
    const message = `the rules in ${folders.join(', ')} (TELLTALE_RULES) are broken:\n${formatProblems(loaded.problems)}`;
    throw new GatewayError('RULES_BROKEN', message, { fields: { folders: folders.join() } });
  }
  const refusal = whyRefused(loaded.ruleSet);
  if (refusal !== null)
    throw new GatewayError('RULES_BROKEN', refusal, { fields: { folders: folders.join() } });
  const activeOf = (ruleSet: RuleSet) => (isShadow ? inShadow(ruleSet) : ruleSet);
  let ruleSet = activeOf(loaded.ruleSet);
  const listeners: ((refused: RefusedRules) => void)[] = [];
  const refuse = (problems: readonly string[]) => {
    telemetry.recordRuleReload('refused');
    for (const listener of listeners) listener({ problems, at: Date.now() });
  };
  const watcher = await createRuleWatcher({
    paths: folders,
    featureset,
    ruleSet: loaded.ruleSet,
    onRuleSet(fresh) {
      const problem = whyRefused(fresh);
      if (problem !== null) {
        refuse([problem]);
        log.warn('rules refused, the old ones stay', { problem });
        return;
      }
      ruleSet = activeOf(fresh);
      telemetry.recordRuleReload('loaded');
      log.info('rules loaded', { rules: fresh.rules.length, digest: fresh.digest });
    },
    onProblems(problems) {
      refuse(problems.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`));
      for (const problem of problems) log.warn('rules refused, the old ones stay', fieldsOf(problem));
    },
  });
  return {
    current: () => ruleSet,
    async reload() {
      await watcher.reload();
    },
    onRefused: (listener) => listeners.push(listener),
    close: watcher.close,
  };
}

function fieldsOf({ file, line, column, message }: RuleProblem) {
  return { place: `${file}:${line}:${column}`, problem: message };
}
