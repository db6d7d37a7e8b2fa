import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { FlaggedExchange, KeptRange, Ledger } from '../../alerts/index.ts';
import type { ReviewedAs } from '../../rules/index.ts';
import type { Config } from '../config/schema.ts';
import { LATE_PREFIX } from '../events/late-recorder.ts';
import { openDesk } from '../open-ledger.ts';

const PAGE = 200;

/** What reviewers made of what was flagged; whoever was unsure is not among them. */
export interface Reviewed {
  /** By the ids of exchanges. */
  readonly exchanges: ReadonlyMap<string, ReviewedAs>;
  /** Of records that are of no exchange, since nothing had followed: those whose events lie in the range. */
  readonly late: readonly ReviewedLate[];
}

export interface ReviewedLate {
  readonly exchangeId: string;
  /** Of the correlation. */
  readonly ruleId: string;
  readonly reviewed: ReviewedAs;
  /** From its first event to when it was due, ISO 8601. */
  readonly startedAt: string;
  readonly endedAt: string;
}

/** Empty where there is no store.
 *  @param range - of the exchanges that are replayed */
export async function readReviewed(config: Config, range: KeptRange): Promise<Reviewed> {
  const reviewed = { exchanges: new Map<string, ReviewedAs>(), late: [] as ReviewedLate[] };
  if (!(await hasStore(config))) return reviewed;
  const desk = await openDesk(config);
  try {
    for await (const { exchange, verdict } of verdicts(desk)) {
      const { exchangeId, findings } = exchange;
      if (!exchangeId.startsWith(LATE_PREFIX)) reviewed.exchanges.set(exchangeId, verdict);
      else if (isWithin(exchange, range)) {
        const { startedAt, endedAt } = exchange;
        const about = { exchangeId, reviewed: verdict, startedAt, endedAt };
        const late = findings.map(({ finding: { ruleId } }) => ({ ...about, ruleId }));
        reviewed.late.push(...late);
      }
    }
    return reviewed;
  } finally {
    await desk.close();
  }
}

async function hasStore({ store, data }: Config): Promise<boolean> {
  if (store.database_url !== null) return true;
  return access(join(data, 'telltale.db')).then(
    () => true,
    () => false,
  );
}

/** Whether all of a late record lies in a range, from the first event to when it was due. */
export function isWithin(
  { startedAt, endedAt }: Pick<FlaggedExchange, 'startedAt' | 'endedAt'>,
  { since, until }: KeptRange,
): boolean {
  return (since === undefined || startedAt >= since) && (until === undefined || endedAt <= until);
}

async function* verdicts(desk: Pick<Ledger, 'listFlagged'>) {
  let before = Number.MAX_SAFE_INTEGER;
  for (;;) {
    const page = await desk.listFlagged({ state: 'reviewed', limit: PAGE, before });
    for (const exchange of page) {
      const verdict = exchange.review?.verdict ?? 'unsure';
      if (verdict !== 'unsure') yield { exchange, verdict };
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    before = last.cursor;
  }
}
