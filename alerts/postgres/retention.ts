import type { Expired, Expiry, StorePressure } from '../types.ts';
import type { PostgresDatabase, Query } from './database.ts';

/** Alerts that still wait, or that no sink took, keep their exchange. */
const EXPIRE = `DELETE FROM exchanges WHERE seq IN (
  SELECT e.seq FROM exchanges e WHERE e.level_rank IS NOT DISTINCT FROM $1 AND e.ended_at < $2
  AND NOT EXISTS (SELECT FROM findings f JOIN outbox o USING (alert_id) WHERE f.exchange_seq = e.seq)
  AND NOT EXISTS (SELECT FROM findings f JOIN dead_letters d USING (alert_id) WHERE f.exchange_seq = e.seq)
  ORDER BY e.seq LIMIT $3) RETURNING seq`;

/** Deletes what is older than its level is kept, at most `limit` of each level. */
export async function expire(
  database: PostgresDatabase,
  { cutoffs, limit }: Expiry,
): Promise<readonly Expired[]> {
  const expired: Expired[] = [];
  for (const { rank, before } of cutoffs) {
    const rows = await database.query(EXPIRE, [rank, before, limit]);
    expired.push({ rank, removed: rows.length, hasMore: rows.length === limit });
  }
  return expired;
}

const PRUNE = `DELETE FROM exchanges WHERE level_rank IS NULL AND seq <= (
  SELECT seq FROM exchanges WHERE level_rank IS NULL ORDER BY seq DESC OFFSET $1 LIMIT 1)`;

/** Keeps the newest `keep` exchanges without a flag. */
export async function prune(query: Query, keep: number): Promise<void> {
  await query(PRUNE, [keep]);
}

const PRESSURE = `SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM unscored) AS "outboxRows",
  (SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c
    WHERE c.relnamespace = 'telltale'::regnamespace AND c.relkind = 'r') AS bytes`;

/** How full the store is. */
export async function pressure(query: Query): Promise<StorePressure> {
  const [row] = await query<StorePressure>(PRESSURE);
  return row ?? { outboxRows: 0, bytes: 0 };
}
