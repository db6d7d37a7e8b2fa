import { LEVELS, levelRank } from '../levels.ts';
import {
  EXCHANGE_COLUMNS,
  type ExchangeRow,
  FINDING_COLUMNS,
  type FindingRow,
  headOf,
  SEARCH_NEWEST,
  WITHDRAWN,
} from '../stored-rows.ts';
import type {
  CoverageEntry,
  FlaggedExchange,
  FlaggedQuery,
  Judgement,
  Review,
  SegmentRecord,
  StoredExchange,
  StoredFinding,
} from '../types.ts';
import type { Query } from './database.ts';
import { parseFinding } from './parse-finding.ts';
import { nameOf, textFromColumn, textToColumn } from './text.ts';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;

const LIST = `SELECT ${EXCHANGE_COLUMNS} FROM exchanges e
  WHERE e.level_rank IS NOT NULL AND e.seq < $1 AND e.level_rank >= $2
  AND ($3::text IS NULL OR EXISTS (SELECT FROM findings f
    WHERE f.exchange_seq = e.seq AND f.is_alerting AND (f.rule_id = $3 OR f.rule_name = $3)))
  AND ($4::boolean IS NULL OR $4 = coalesce((SELECT r.verdict <> '${WITHDRAWN}' FROM reviews r
    WHERE r.exchange_seq = e.seq ORDER BY r.seq DESC LIMIT 1), false))
  AND ($6::text IS NULL OR e.verdict = $6) AND ($7::text IS NULL OR e.conversation_id = $7)
  AND e.seq >= CASE WHEN $8::text IS NULL THEN 0 ELSE coalesce((SELECT min(seq) FROM (SELECT seq FROM exchanges
    WHERE level_rank IS NOT NULL AND seq < $1 ORDER BY seq DESC LIMIT $10) newest), 0) END
  AND ($8 IS NULL OR $8 IN (e.exchange_id, e.conversation_id, e.trace_id) OR EXISTS (SELECT FROM findings f
    WHERE f.exchange_seq = e.seq AND f.is_alerting
    AND strpos(lower(f.excerpt COLLATE "C"), lower($9 COLLATE "C")) > 0))
  ORDER BY e.seq DESC LIMIT $5`;

const ONE = `SELECT ${EXCHANGE_COLUMNS} FROM exchanges e WHERE e.exchange_id = $1`;

const FINDINGS = `SELECT f.exchange_seq AS "exchangeSeq", ${FINDING_COLUMNS} FROM findings f
  WHERE f.exchange_seq = ANY($1) AND f.is_alerting ORDER BY f.level_rank DESC, f.seq`;

const REVIEWS = `SELECT DISTINCT ON (exchange_seq) exchange_seq AS "exchangeSeq", verdict, comment, reviewer,
  reviewed_at AS "reviewedAt" FROM reviews WHERE exchange_seq = ANY($1) ORDER BY exchange_seq, seq DESC`;

const SEGMENTS = `SELECT segment_id AS "segmentId", role, target, text, tokens, signals FROM segments
  WHERE exchange_seq = $1 ORDER BY position`;

interface ReviewRow {
  readonly exchangeSeq: number;
  readonly verdict: Judgement | typeof WITHDRAWN;
  readonly comment: string;
  readonly reviewer: string;
  readonly reviewedAt: string;
}

interface SegmentRow extends Omit<SegmentRecord, 'tokens' | 'signals'> {
  readonly tokens: string;
  readonly signals: string;
}

/** As `Reader.known` of the embedded store. */
export async function known(query: Query, exchangeIds: readonly string[]): Promise<readonly string[]> {
  const sql = 'SELECT exchange_id AS id FROM exchanges WHERE exchange_id = ANY($1)';
  return (await query<{ id: string }>(sql, [exchangeIds])).map(({ id }) => id);
}

/** Newest first, as `Reader.listFlagged` of the embedded store. */
export async function listFlagged(query: Query, asked: FlaggedQuery): Promise<readonly FlaggedExchange[]> {
  const rows = await query<ExchangeRow>(LIST, [
    asked.before ?? Number.MAX_SAFE_INTEGER,
    asked.minLevel === undefined ? 0 : levelRank(asked.minLevel),
    asked.rule ?? null,
    asked.state === undefined ? null : asked.state === 'reviewed',
    Math.min(Math.max(1, asked.limit ?? DEFAULT_LIMIT), MAX_LIMIT),
    asked.verdict ?? null,
    asked.conversationId ?? null,
    asked.words === undefined ? null : nameOf(asked.words),
    // As it stands within the JSON string of a column.
    textToColumn(asked.words ?? '').slice(1, -1),
    asked.searchNewest ?? SEARCH_NEWEST,
  ]);
  return (await summaries(query, rows)) as FlaggedExchange[];
}

/** One exchange with all that hangs on it, or null. */
export async function readExchange(query: Query, exchangeId: string): Promise<StoredExchange | null> {
  const rows = await query<ExchangeRow>(ONE, [exchangeId]);
  const [summary] = await summaries(query, rows);
  if (summary === undefined) return null;
  const segments = await query<SegmentRow>(SEGMENTS, [summary.cursor]);
  const coverage = await query<{ entries: string }>('SELECT entries FROM coverage WHERE exchange_seq = $1', [
    summary.cursor,
  ]);
  return {
    ...summary,
    segments: segments.map(parseSegment),
    coverage: JSON.parse(coverage[0]?.entries ?? '[]') as CoverageEntry[],
  };
}

type Summary = Omit<StoredExchange, 'segments' | 'coverage'>;

async function summaries(query: Query, rows: readonly ExchangeRow[]): Promise<Summary[]> {
  const seqs = rows.map(({ cursor }) => cursor);
  const findings = await query<FindingRow & { exchangeSeq: number }>(FINDINGS, [seqs]);
  const found = Map.groupBy(findings, ({ exchangeSeq }) => exchangeSeq);
  const reviews = await standingReviews(query, rows);
  return rows.map((row) => ({
    ...headOf(row),
    cursor: row.cursor,
    level: row.levelRank === null ? null : (LEVELS[row.levelRank] ?? null),
    findings: (found.get(row.cursor) ?? []).map(parseFinding) as StoredFinding[],
    review: reviews.get(row.cursor) ?? null,
  }));
}

/** By the number of the exchange; one that was taken back is not among them. */
export async function standingReviews(
  query: Query,
  exchanges: readonly { readonly cursor: number; readonly exchangeId: string }[],
): Promise<ReadonlyMap<number, Review>> {
  const ids = new Map(exchanges.map(({ cursor, exchangeId }) => [cursor, exchangeId]));
  const standing = new Map<number, Review>();
  for (const { exchangeSeq, verdict, comment, ...said } of await query<ReviewRow>(REVIEWS, [
    [...ids.keys()],
  ])) {
    if (verdict === WITHDRAWN) continue;
    const exchangeId = ids.get(exchangeSeq) ?? '';
    standing.set(exchangeSeq, { exchangeId, verdict, comment: textFromColumn(comment), ...said });
  }
  return standing;
}

function parseSegment({ tokens, signals, text, ...rest }: SegmentRow): SegmentRecord {
  return {
    ...rest,
    text: textFromColumn(text),
    tokens: JSON.parse(tokens) as SegmentRecord['tokens'],
    signals: JSON.parse(signals) as SegmentRecord['signals'],
  };
}
