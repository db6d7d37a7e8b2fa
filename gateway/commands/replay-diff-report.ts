import type { CorrelationReplay, ReviewedFigures, RuleReplay } from '../../rules/index.ts';
import type { Config } from '../config/schema.ts';
import { describeChanged, describeLate } from './changed-exchanges.ts';
import type { ReplayedDiff } from './replay-diff.ts';
import { describeCorrelations, describeHistory, describeUnjudged, nameOf, share } from './replay-report.ts';
import { formatTable } from './table.ts';

/** A rule or a correlation under both sets; null where a set has none such. */
interface Pair {
  readonly before: Told | null;
  readonly after: Told | null;
}

type Told = RuleReplay | CorrelationReplay;

const HEAD = ['rule', 'fires', 'new', 'gone', 'reviewed', 'precision', 'recall'];

/** A diff over history, for people: the rules that do otherwise, then the exchanges that are judged otherwise. */
export function describeReplayedDiff(replayed: ReplayedDiff, config: Pick<Config, 'review'>): string {
  const { before, after, changed, changedLate, from } = replayed;
  const unjudged = new Set([...describeUnjudged(before.rules), ...describeUnjudged(after.rules)]);
  const notes = new Set([before, after].flatMap((side) => describeCorrelations({ ...side, from })));
  const late = [describeLate(changedLate.newly, '+'), describeLate(changedLate.gone, '-')].join('');
  return [
    `replayed: ${describeHistory(replayed)}`,
    figuresTable(replayed),
    ...unjudged,
    ...notes,
    late === '' ? '' : `alerts of no exchange, decided by time alone:\n${late}`,
    describeChanged(changed, { than: 'before', config }),
  ].join('');
}

/** Those rules alone of which some figure moves, since a set may have many. */
function figuresTable({ before, after, changed }: ReplayedDiff): string {
  const pairs = pairsOf([...before.rules, ...before.correlations], [...after.rules, ...after.correlations]);
  const newlyIn = timesNamed(changed.map(({ newly }) => newly));
  const goneIn = timesNamed(changed.map(({ gone }) => gone));
  const rows = pairs.flatMap((pair) => {
    const newly = newlyIn.get(pair.after?.ruleName ?? '') ?? 0;
    const gone = goneIn.get(pair.before?.ruleName ?? '') ?? 0;
    const isSame =
      newly + gone === 0 && JSON.stringify(cellsOf(pair.before)) === JSON.stringify(cellsOf(pair.after));
    return isSame ? [] : [rowOf(pair, [newly, gone])];
  });
  const fires = step(String(before.any.flags), String(after.any.flags));
  const any = ['flagged by any', fires, '', '', ...reviewedCells(before.any, after.any)];
  const rest = pairs.length - rows.length;
  const alike = rest === 0 ? '' : `${rest} more rules and correlations do as before\n`;
  return `${formatTable([HEAD, ...rows, any])}${alike}`;
}

function pairsOf(before: readonly Told[], after: readonly Told[]): Pair[] {
  const byId = (told: readonly Told[]) => new Map(told.map((one) => [one.ruleId, one]));
  const [old, fresh] = [byId(before), byId(after)];
  const ids = new Set([...old.keys(), ...fresh.keys()]);
  return [...ids].map((id) => ({ before: old.get(id) ?? null, after: fresh.get(id) ?? null }));
}

/** How many of the lists each name stands in. */
function timesNamed(lists: readonly (readonly string[])[]): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const name of lists.flat()) times.set(name, (times.get(name) ?? 0) + 1);
  return times;
}

function rowOf({ before, after }: Pair, counts: readonly number[]): string[] {
  const told = after ?? before;
  const name = told === null ? '' : nameOf(told);
  const fires = step(cellsOf(before)[0] ?? '', cellsOf(after)[0] ?? '');
  return [name, fires, ...counts.map(String), ...reviewedCells(before, after)];
}

/** What is compared: fires, reviewed, precision, recall. */
function cellsOf(told: Told | null): string[] {
  if (told === null) return ['-', '-', '-', '-'];
  const { fires, reviewed, precision, recall } = told;
  return [String(fires), String(reviewed), share(precision), share(recall)];
}

function reviewedCells(before: ReviewedFigures | null, after: ReviewedFigures | null): string[] {
  const cells = (of: ReviewedFigures | null) =>
    of === null ? ['-', '-', '-'] : [String(of.reviewed), share(of.precision), share(of.recall)];
  const fresh = cells(after);
  return cells(before).map((cell, i) => step(cell, fresh[i] ?? '-'));
}

/** `2 -> 0`, or `2` where that stays. */
function step(before: string, after: string): string {
  return before === after ? after : `${before} -> ${after}`;
}
