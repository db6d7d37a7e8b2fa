import type { KeptRange } from '../../alerts/index.ts';
import type { Featureset } from '../../detectors/index.ts';
import {
  createReplayTally,
  inShadow,
  type OpenedExchange,
  type ReplayReport,
  type RuleSet,
} from '../../rules/index.ts';
import type { Config } from '../config/schema.ts';
import { changedRules, firedRule } from './changed-rules.ts';
import type { CommandIo } from './command.ts';
import { type ReplayedHistory, replayHistory } from './replay-history.ts';
import { type ChangedExchange, describeChanged, describeHistory, describeUnjudged } from './replay-report.ts';
import { replayedVerdict } from './replay-verdict.ts';

/** What two sets of rules make of the same exchanges. */
export interface ReplayedDiff extends ReplayedHistory {
  readonly before: ReplayReport;
  readonly after: ReplayReport;
  /** Those that the two judge otherwise, by the rules that could be held against them. */
  readonly changed: readonly ChangedExchange[];
}

export interface ReplayDiffParts {
  readonly before: RuleSet;
  readonly after: RuleSet;
  readonly config: Config;
  readonly range: KeptRange;
  readonly featureset: Featureset;
  readonly io: CommandIo;
}

/** Holds both sets of rules against what was kept.
 *  @throws {CommandFailure} where nothing was ever kept */
export async function replayDiff(parts: ReplayDiffParts): Promise<ReplayedDiff> {
  const { config, range, featureset, io } = parts;
  const { policy } = config;
  const sideOf = (given: RuleSet) => {
    const ruleSet = policy.shadow ? inShadow(given) : given;
    const tally = createReplayTally(ruleSet);
    return {
      tally,
      judge(opened: OpenedExchange) {
        const judged = opened.judge(ruleSet);
        tally.add(opened.exchange, judged, null);
        return { ...judged, verdict: replayedVerdict(opened.exchange, judged, { ruleSet, policy }) };
      },
    };
  };
  const [before, after] = [sideOf(parts.before), sideOf(parts.after)];
  const changed: ChangedExchange[] = [];
  const history = await replayHistory(
    { command: 'rules diff', dataDir: config.data, range, featureset, io },
    (opened, { exchangeId, endedAt }) => {
      const [first, second] = [before.judge(opened), after.judge(opened)];
      const unknown = [...first.unjudged, ...second.unjudged].map(({ ruleId }) => ruleId);
      const fired = { before: first.findings.map(firedRule), after: second.findings.map(firedRule) };
      const rules = changedRules(fired, new Set(unknown));
      const isSame = rules.newly.length + rules.gone.length === 0 && first.verdict === second.verdict;
      if (isSame) return;
      const verdict = { before: first.verdict, after: second.verdict };
      changed.push({ exchangeId, endedAt, verdict, ...rules });
    },
  );
  return { ...history, before: before.tally.report(), after: after.tally.report(), changed };
}

/** For people. */
export function describeReplayedDiff(replayed: ReplayedDiff): string {
  const { before, after, changed } = replayed;
  const unjudged = new Set([...describeUnjudged(before.rules), ...describeUnjudged(after.rules)]);
  return [
    `replayed: ${describeHistory(replayed)}`,
    ...unjudged,
    describeChanged(changed, 'no exchange changes', 'change'),
  ].join('');
}
