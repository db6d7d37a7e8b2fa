import type { RuleSet } from '../../rules/index.ts';
import type { Config } from '../config/schema.ts';
import { type ChangedExchange, changeOf } from './changed-exchanges.ts';
import type { CommandIo } from './command.ts';
import { sideEnd } from './open-source.ts';
import { type ReplayedHistory, replayHistory } from './replay-history.ts';
import { createReplaySide, type LateFinding, type SideReport } from './replay-side.ts';
import type { ReplaySource } from './replay-source.ts';

/** What two sets of rules make of the same exchanges. */
export interface ReplayedDiff extends ReplayedHistory {
  readonly before: SideReport;
  readonly after: SideReport;
  /** Those that the two judge otherwise, by the rules that could be held against them. */
  readonly changed: readonly ChangedExchange[];
  /** Findings of correlations that no exchange completes: those of the one set alone. */
  readonly changedLate: { readonly newly: readonly LateFinding[]; readonly gone: readonly LateFinding[] };
}

export interface ReplayDiffParts {
  readonly before: RuleSet;
  readonly after: RuleSet;
  readonly config: Config;
  readonly source: ReplaySource;
  /** Nothing later is known. */
  readonly until: Date;
  readonly io: CommandIo;
}

/** Holds both sets of rules against the same exchanges. */
export async function replayDiff(parts: ReplayDiffParts): Promise<ReplayedDiff> {
  const { config, source, until, io } = parts;
  const [before, after] = [createReplaySide(parts.before, config), createReplaySide(parts.after, config)];
  const changed: ChangedExchange[] = [];
  const history = await replayHistory({ command: 'rules diff', source, io }, (opened, row) => {
    const [old, fresh] = [before.judge(opened, row), after.judge(opened, row)];
    const change = changeOf(row, old, fresh);
    if (change !== null) changed.push(change);
  });
  const end = sideEnd(source, until);
  const [old, fresh] = [before.report(end), after.report(end)];
  const changedLate = { newly: without(fresh.late, old.late), gone: without(old.late, fresh.late) };
  return { ...history, before: old, after: fresh, changed, changedLate };
}

function without(late: readonly LateFinding[], others: readonly LateFinding[]): readonly LateFinding[] {
  const known = new Set(others.map(({ exchangeId }) => exchangeId));
  return late.filter(({ exchangeId }) => !known.has(exchangeId));
}
