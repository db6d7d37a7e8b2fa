import type { DatabaseSync } from 'node:sqlite';
import type { Level } from '../../rules/index.ts';
import { LEVELS, levelRank } from '../levels.ts';
import { EXCHANGE_COLUMNS, type ExchangeRow, headOf, SEARCH_NEWEST, WITHDRAWN } from '../stored-rows.ts';
import type { FlaggedExchange, FlaggedQuery, StoredExchange } from '../types.ts';
import { createParts } from './read-parts.ts';

/** Reads exchanges. */
export interface Reader {
  listFlagged(query: FlaggedQuery): readonly FlaggedExchange[];
  readExchange(exchangeId: string): StoredExchange | null;
  /** Those of some exchanges that are in the store. */
  known(exchangeIds: readonly string[]): readonly string[];
}

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;

const LIST = `SELECT ${EXCHANGE_COLUMNS} FROM exchanges e
  WHERE e.level_rank IS NOT NULL AND e.seq < :before AND e.seq >= :from AND e.level_rank >= :minRank
  AND (:rule IS NULL OR EXISTS (SELECT 1 FROM findings f
    WHERE f.exchange_seq = e.seq AND f.is_alerting = 1 AND (f.rule_id = :rule OR f.rule_name = :rule)))
  AND (:reviewed IS NULL OR :reviewed = coalesce((SELECT r.verdict <> '${WITHDRAWN}' FROM reviews r
    WHERE r.exchange_seq = e.seq ORDER BY r.seq DESC LIMIT 1), 0))
  AND (:verdict IS NULL OR e.verdict = :verdict)
  AND (:words IS NULL OR :words IN (e.exchange_id, e.conversation_id, e.trace_id) OR EXISTS (SELECT 1 FROM findings f
    WHERE f.exchange_seq = e.seq AND f.is_alerting = 1 AND instr(lower(f.excerpt), lower(:words)) > 0))`;

const SEARCHED_FROM = `SELECT min(seq) AS seq FROM (SELECT seq FROM exchanges
  WHERE level_rank IS NOT NULL AND seq < ? ORDER BY seq DESC LIMIT ?)`;

const NEWEST_FIRST = 'ORDER BY e.seq DESC LIMIT :limit';

/** A statement of its own, since one that may be about a conversation or not would read all that was ever flagged. */
const OF_CONVERSATION = 'AND e.conversation_id = :conversation';

const ONE = `SELECT ${EXCHANGE_COLUMNS} FROM exchanges e WHERE e.exchange_id = ?`;

const KNOWN = 'SELECT exchange_id AS id FROM exchanges WHERE exchange_id IN (SELECT value FROM json_each(?))';

/** Prepares the queries of one connection. */
export function createReader(database: DatabaseSync): Reader {
  const list = database.prepare(`${LIST} ${NEWEST_FIRST}`);
  const ofConversation = database.prepare(`${LIST} ${OF_CONVERSATION} ${NEWEST_FIRST}`);
  const searchedFrom = database.prepare(SEARCHED_FROM);
  const one = database.prepare(ONE);
  const knownIds = database.prepare(KNOWN);
  const parts = createParts(database);

  const summary = (row: ExchangeRow) => ({
    ...headOf(row),
    cursor: row.cursor,
    level: levelOf(row),
    findings: parts.findings(row.cursor),
    review: parts.review(row.cursor, row.exchangeId),
  });
  const listFlagged = (query: FlaggedQuery): FlaggedExchange[] => {
    const { conversationId, words, before = Number.MAX_SAFE_INTEGER, searchNewest = SEARCH_NEWEST } = query;
    const narrowed = {
      limit: Math.min(Math.max(1, query.limit ?? DEFAULT_LIMIT), MAX_LIMIT),
      before,
      from: words === undefined ? 0 : Number(searchedFrom.get(before, searchNewest)?.['seq'] ?? 0),
      minRank: query.minLevel === undefined ? 0 : levelRank(query.minLevel),
      rule: query.rule ?? null,
      reviewed: query.state === undefined ? null : Number(query.state === 'reviewed'),
      verdict: query.verdict ?? null,
      words: words ?? null,
    };
    const rows =
      conversationId === undefined
        ? list.all(narrowed)
        : ofConversation.all({ ...narrowed, conversation: conversationId });
    return (rows as unknown as ExchangeRow[]).map((row) => summary(row) as FlaggedExchange);
  };
  const readExchange = (exchangeId: string): StoredExchange | null => {
    const row = one.get(exchangeId) as unknown as ExchangeRow | undefined;
    if (row === undefined) return null;
    const { cursor } = row;
    return { ...summary(row), segments: parts.segments(cursor), coverage: parts.coverage(cursor) };
  };
  const known = (exchangeIds: readonly string[]): string[] =>
    knownIds.all(JSON.stringify(exchangeIds)).map((row) => String(row['id']));
  return { listFlagged, readExchange, known };
}

function levelOf({ levelRank: rank }: ExchangeRow): Level | null {
  return rank === null ? null : (LEVELS[rank] ?? null);
}
