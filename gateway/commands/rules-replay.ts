import { openFeatureset } from '../../detectors/index.ts';
import { loadConfig } from '../config/load-config.ts';
import { modelFolder } from '../open-detector.ts';
import { type ChangedExchange, changeOf } from './changed-exchanges.ts';
import { type Call, defineCommand, writeJson } from './command.ts';
import { loadRuleSet } from './load-rule-set.ts';
import { openSource, sideEnd } from './open-source.ts';
import { type ReplayedHistory, replayHistory } from './replay-history.ts';
import { describeReplay } from './replay-report.ts';
import { createReplaySide, type SideReport } from './replay-side.ts';
import { timeRange } from './time-range.ts';

const MAX_PATHS = 1_000;

const options = {
  since: { type: 'string' },
  until: { type: 'string' },
  from: { type: 'string', multiple: true },
  json: { type: 'boolean' },
} as const;

export interface ReplayResult extends ReplayedHistory, SideReport {
  readonly changed: readonly ChangedExchange[];
}

/** `telltale rules replay`: what the rules would have found in what passed. */
export const rulesReplayCommand = defineCommand({
  name: 'rules replay',
  summary: 'Hold rules against exchanges that passed, without their text and without the reader',
  usage: '[PATH …] [--since 7d] [--until TIME] [--from FILE.parquet …] [--json]',
  details: `
PATH          files or folders of rules; default the folder of TELLTALE_RULES, else the shipped rules
--since TIME  exchanges that ended then or later: a while before now as 12h, 7d or 4w, or a time with its zone
--until TIME  exchanges that ended before then, likewise; now where it is not given: what comes meanwhile is not in it
--from FILE   exchanges of a file that rules export wrote, or of all *.parquet files of a folder, in place of those that the
              gateway keeps; may be given several times

A gateway keeps what its reader saw of each exchange it records (TELLTALE_REPLAY_KEEP): no text, but the values of every
concept and probe and of the features that they are made of. Rules judge that as the gateway would have. A rule that reads
what was not kept is not judged on those exchanges, and that is said, with what is missing.

judged: exchanges that a rule could be held against; fires: of these, those that it fires on now; then: those it fired on
when they passed; new, gone: the difference. Where reviewers judged exchanges that a rule had flagged: precision, the
confirmed share of those it fires on now; recall, the share of the confirmed ones that it fires on now, each with its 95 %
Wilson interval. What was never flagged was never reviewed, so that recall is among what was found then.

Correlations and the grouping of alerts are replayed too, in the time of the exchanges, from an empty state at --since: what
was counted before is not in them, so give them their timespan. raises: findings; fires: exchanges that complete one; late:
findings that time alone decided (nothing followed that had to, or a timespan ended), which are of no exchange; what
reviewers said of their records counts in reviewed, precision and recall, where all their events lie in the range. Words that are sent again count once, as in the
gateway, known by what the reader saw in them.

A Parquet file is judged as the store is, to the last bit, with what reviewers had said when it was exported, and time passes
to then and no further. Of its columns replay, token, signal and value are read, one group of rows at a time. Files may be
filtered by whole exchanges and written again by DuckDB or pandas, so long as the rows stand in their order; values are
held against a checksum. What is no such file, was cut off, has an exchange in part or twice, or was read with another
featureset is refused with its row.

The exchanges of which something changes stand last, those whose verdict changes first, each with the id that the review page
opens and what a reviewer made of it; with --json all of them. A verdict may also change because policy has, or because the
gateway came too late to act. Exit code 0; 1 where the rules do not load, nothing was ever kept
or a file cannot be read.`,
  options,
  maxPositionals: MAX_PATHS,
  run: runReplay,
});

async function runReplay({ values, positionals, io }: Call<typeof options>): Promise<number> {
  const command = 'rules replay';
  const range = timeRange(command, values, new Date());
  const config = loadConfig(io.env);
  const featureset = await openFeatureset(modelFolder(config));
  const ruleSet = await loadRuleSet(positionals, featureset, { io, isJson: values.json === true });
  if (ruleSet === null) return 1;
  const source = await openSource({ command, config, range, featureset }, values.from);
  const side = createReplaySide(ruleSet, config);
  const correlations = ruleSet.correlations.map(({ id }) => id);
  const changed: ChangedExchange[] = [];
  const history = await replayHistory({ command, source, io }, (opened, row) => {
    const { fired, correlated, verdict } = opened.exchange;
    // Of an exchange that does not say what it completed, no correlation is new.
    const unjudged = correlated === undefined ? correlations : [];
    const then = { fired: [...fired, ...(correlated ?? [])], unjudged, verdict };
    const change = changeOf(row, then, side.judge(opened, row));
    if (change !== null) changed.push(change);
  });
  const result: ReplayResult = {
    ...history,
    ...side.report(sideEnd(source, new Date(range.until))),
    changed,
  };
  if (values.json) writeJson(io, result);
  else io.stdout.write(describeReplay(result, config));
  return 0;
}
