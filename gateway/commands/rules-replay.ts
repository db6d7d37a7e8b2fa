import { openFeatureset } from '../../detectors/index.ts';
import { createReplayTally, inShadow, type ReplayReport } from '../../rules/index.ts';
import { loadConfig } from '../config/load-config.ts';
import { modelFolder } from '../open-detector.ts';
import { changedRules, firedRule } from './changed-rules.ts';
import { type Call, defineCommand, writeJson } from './command.ts';
import { loadRuleSet } from './load-rule-set.ts';
import { type ReplayedHistory, replayHistory } from './replay-history.ts';
import { type ChangedExchange, describeReplay } from './replay-report.ts';
import { replayedVerdict } from './replay-verdict.ts';
import { readReviewed } from './reviewed.ts';
import { timeRange } from './time-range.ts';

const MAX_PATHS = 1_000;

const options = {
  since: { type: 'string' },
  until: { type: 'string' },
  json: { type: 'boolean' },
} as const;

export interface ReplayResult extends ReplayedHistory, ReplayReport {
  readonly changed: readonly ChangedExchange[];
}

/** `telltale rules replay`: what the rules would have found in what passed. */
export const rulesReplayCommand = defineCommand({
  name: 'rules replay',
  summary: 'Hold rules against exchanges that passed, without their text and without the reader',
  usage: '[PATH …] [--since 7d] [--until TIME] [--json]',
  details: `
PATH          files or folders of rules; default the folder of TELLTALE_RULES, else the shipped rules
--since TIME  exchanges that ended then or later: a while before now as 12h, 7d or 4w, or a time with its zone
--until TIME  exchanges that ended before then, likewise

A gateway keeps what its reader saw of each exchange it records (TELLTALE_REPLAY_KEEP): no text, but the values of every
concept and probe and of the features that they are made of. Rules judge that as the gateway would have. A rule that reads
what was not kept is not judged on those exchanges, and that is said, with what is missing.

judged: exchanges that a rule could be held against; fires: of these, those that it fires on now; then: those it fired on
when they passed; new, gone: the difference. Where reviewers judged exchanges that a rule had flagged: precision, the
confirmed share of those it fires on now; recall, the share of the confirmed ones that it fires on now, each with its 95 %
Wilson interval. What was never flagged was never reviewed, so that recall is among what was found then. Correlations and
the grouping of alerts are not replayed. Exit code 0; 1 where the rules do not load or nothing was ever kept.`,
  options,
  maxPositionals: MAX_PATHS,
  run: runReplay,
});

async function runReplay({ values, positionals, io }: Call<typeof options>): Promise<number> {
  const command = 'rules replay';
  const range = timeRange(command, values, new Date());
  const config = loadConfig(io.env);
  const featureset = await openFeatureset(modelFolder(config));
  const loaded = await loadRuleSet(positionals, featureset, { io, isJson: values.json === true });
  if (loaded === null) return 1;
  const ruleSet = config.policy.shadow ? inShadow(loaded) : loaded;
  const reviewed = await readReviewed(config);
  const tally = createReplayTally(ruleSet);
  const changed: ChangedExchange[] = [];
  const parts = { command, dataDir: config.data, range, featureset, io };
  const history = await replayHistory(parts, ({ exchange, judge }, { exchangeId, endedAt }) => {
    const judged = judge(ruleSet);
    tally.add(exchange, judged, reviewed.get(exchangeId) ?? null);
    const unknown = new Set(judged.unjudged.map(({ ruleId }) => ruleId));
    const fired = { before: exchange.fired, after: judged.findings.map(firedRule) };
    const { newly, gone } = changedRules(fired, unknown);
    if (newly.length + gone.length === 0) return;
    const verdict = replayedVerdict(exchange, judged, { ruleSet, policy: config.policy });
    changed.push({ exchangeId, endedAt, verdict: { before: exchange.verdict, after: verdict }, newly, gone });
  });
  const result: ReplayResult = { ...history, ...tally.report(), changed };
  if (values.json) writeJson(io, result);
  else io.stdout.write(describeReplay(result));
  return 0;
}
