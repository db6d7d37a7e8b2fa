import { reviewPath } from '../../alerts/index.ts';
import type { ReviewedAs } from '../../rules/index.ts';
import type { Config } from '../config/schema.ts';
import { reviewLinks } from '../open-review.ts';
import { changedRules } from './changed-rules.ts';
import type { JudgedAgain, LateFinding } from './replay-side.ts';
import { formatTable } from './table.ts';

const MAX_SHOWN = 20;

/** An exchange that two sets of rules judge otherwise. */
export interface ChangedExchange {
  readonly exchangeId: string;
  readonly endedAt: string;
  readonly verdict: { readonly before: string; readonly after: string };
  /** What a reviewer made of it; null where nobody judged it, or was unsure. */
  readonly reviewed: ReviewedAs | null;
  /** Names of rules and correlations that fire after and not before, and the other way round. */
  readonly newly: readonly string[];
  readonly gone: readonly string[];
}

/** How an exchange was judged: `unjudged` are the rules of which it cannot be told whether they fire. */
export type Judged = Pick<JudgedAgain, 'fired' | 'unjudged'> & { readonly verdict: string };

/** What two judgements of an exchange differ in; null where they do not. */
export function changeOf(
  { exchangeId, endedAt, reviewed }: Pick<ChangedExchange, 'exchangeId' | 'endedAt' | 'reviewed'>,
  before: Judged,
  after: Judged,
): ChangedExchange | null {
  const unknown = new Set([...before.unjudged, ...after.unjudged]);
  const rules = changedRules({ before: before.fired, after: after.fired }, unknown);
  const isSame = rules.newly.length + rules.gone.length === 0 && before.verdict === after.verdict;
  const verdict = { before: before.verdict, after: after.verdict };
  return isSame ? null : { exchangeId, endedAt, verdict, reviewed, ...rules };
}

/** The exchanges of which something is judged otherwise, for people: first those of another verdict, the newest first.
 *  @param than - what they are judged otherwise than */
export function describeChanged(
  changed: readonly ChangedExchange[],
  { than, config }: { readonly than: string; readonly config: Pick<Config, 'review'> },
): string {
  if (changed.length === 0) return `no exchange is judged otherwise than ${than}\n`;
  const isMoved = ({ verdict }: ChangedExchange) => verdict.before !== verdict.after;
  const moved = changed.filter(isMoved);
  const same = changed.filter((one) => !isMoved(one));
  const head =
    moved.length === 0
      ? 'no exchange changes its verdict\n'
      : `${counted(moved.length, 'changes its verdict', 'change their verdict')} (${stepsOf(moved)}):\n${rowsOf(moved)}`;
  const rest =
    same.length === 0
      ? ''
      : `${counted(same.length, 'keeps its verdict', 'keep their verdict')}, but other rules fire:\n${rowsOf(same)}`;
  return `${head}${rest}${linkLine(config)}`;
}

/** Findings that no exchange completes.
 *  @param sign - put before the name of the correlation */
export function describeLate(late: readonly LateFinding[], sign = ''): string {
  const lines = late
    .toReversed()
    .slice(0, MAX_SHOWN)
    .map(({ at, ruleName, exchanges }) => {
      return `  ${at}  ${sign}${ruleName}, after ${exchanges.at(-1) ?? 'an exchange that is not known'}\n`;
    });
  return `${lines.join('')}${moreLine(late.length)}`;
}

const counted = (count: number, one: string, some: string) =>
  count === 1 ? `1 exchange ${one}` : `${count} exchanges ${some}`;

/** `2 flag -> pass, 1 pass -> flag` */
function stepsOf(moved: readonly ChangedExchange[]): string {
  const steps = new Map<string, number>();
  for (const { verdict } of moved) {
    const step = `${verdict.before} -> ${verdict.after}`;
    steps.set(step, (steps.get(step) ?? 0) + 1);
  }
  const most = [...steps].sort(([, a], [, b]) => b - a);
  return most.map(([step, count]) => `${count} ${step}`).join(', ');
}

function rowsOf(changed: readonly ChangedExchange[]): string {
  const rows = changed.toReversed().slice(0, MAX_SHOWN).map(cellsOf);
  const table = formatTable(rows, { isText: true }).replaceAll(/^/gm, '  ').trimEnd();
  return `${table}\n${moreLine(changed.length)}`;
}

/** Why a verdict may change although the same rules fire. */
const SAME_RULES = 'the same rules, in another mode or under another policy';

const REVIEWED = { correct: 'confirmed', false_alarm: 'false alarm' } as const;

function cellsOf({
  exchangeId,
  endedAt,
  verdict,
  reviewed,
  newly,
  gone,
}: ChangedExchange): readonly string[] {
  const rules = [...newly.map((name) => `+${name}`), ...gone.map((name) => `-${name}`)].join(' ');
  const { before, after } = verdict;
  const step = before === after ? after : `${before} -> ${after}`;
  return [
    exchangeId,
    endedAt,
    step,
    rules === '' ? SAME_RULES : rules,
    reviewed === null ? '' : REVIEWED[reviewed],
  ];
}

function moreLine(count: number): string {
  return count > MAX_SHOWN ? `  … and ${count - MAX_SHOWN} more, see --json\n` : '';
}

/** Where one of them can be read; nothing where it is not known at which port the page listens. */
function linkLine({ review }: Pick<Config, 'review'>): string {
  if (review.url === null && review.port === 0) return '';
  const path = reviewPath('ID').replace('ID', '');
  return `to open one: ${reviewLinks({ review }, `http://${review.host}:${review.port}`)}${path}ID\n`;
}
