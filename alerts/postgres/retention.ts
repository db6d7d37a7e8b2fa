import type { Crowding, Expired, Expiry, StorePressure } from '../types.ts';
import type { PostgresDatabase, Query } from './database.ts';

/** Nor does a finding flag it whose alert is held back. */
const UNFLAGGED = 'kept_rank IS NULL AND level_rank IS NULL';

/** Alerts that still wait, or that no sink took, keep their exchange. */
const EXPIRE = `DELETE FROM exchanges WHERE seq IN (
  SELECT e.seq FROM exchanges e WHERE coalesce(e.kept_rank, e.level_rank) IS NOT DISTINCT FROM $1 AND e.ended_at < $2
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

/** By counting: numbers of transactions that were rolled back are used up, and no exchange has them. */
const CROWDED_UP_TO = `SELECT seq FROM exchanges WHERE ${UNFLAGGED} ORDER BY seq DESC LIMIT 1 OFFSET $1`;
const CROWD_OUT = `DELETE FROM exchanges WHERE seq IN (
  SELECT seq FROM exchanges WHERE ${UNFLAGGED} AND seq <= $1 ORDER BY seq LIMIT $2) RETURNING seq`;

/** The newest exchange that nothing flagged and that `keep` others of the kind came after; null where there is none. */
export async function crowdedUpTo(query: Query, keep: number): Promise<number | null> {
  const [row] = await query<{ seq: number }>(CROWDED_UP_TO, [keep]);
  return row?.seq ?? null;
}

/** Deletes exchanges that nothing flagged, the oldest first. */
export async function crowdOut(query: Query, { upTo, limit }: Crowding): Promise<number> {
  return (await query(CROWD_OUT, [upTo, limit])).length;
}

const PRESSURE = `SELECT (SELECT count(*) FROM outbox) AS "outboxRows",
  (SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c
    WHERE c.relnamespace = 'telltale'::regnamespace AND c.relkind = 'r') AS bytes`;

/** How full the store is. */
export async function pressure(query: Query): Promise<StorePressure> {
  const [row] = await query<StorePressure>(PRESSURE);
  return row ?? { outboxRows: 0, bytes: 0 };
}
