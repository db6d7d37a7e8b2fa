import type { DatabaseSync } from 'node:sqlite';
import type { Crowding, Expired, Expiry, StorePressure } from '../types.ts';
import { inTransaction } from './transaction.ts';

/** Knows how full one database is, and takes out what is too old. */
export interface Retention {
  /** Deletes what is older than its level is kept, at most `limit` of each level. */
  expire(expiry: Expiry): readonly Expired[];
  /** The newest exchange that nothing flagged and that `keep` others of the kind came after; null where there is none. */
  crowdedUpTo(keep: number): number | null;
  /** Deletes exchanges that nothing flagged, the oldest first.
   *  @returns how many */
  crowdOut(crowding: Crowding): number;
  pressure(): StorePressure;
}

/** Nor does a finding flag it whose alert is held back. */
const UNFLAGGED = 'kept_rank IS NULL AND level_rank IS NULL';

/** Alerts that still wait, or that no sink took, keep their exchange. */
const EXPIRE = `DELETE FROM exchanges WHERE seq IN (
  SELECT e.seq FROM exchanges e WHERE coalesce(e.kept_rank, e.level_rank) IS ? AND e.ended_at < ?
  AND NOT EXISTS (SELECT 1 FROM findings f JOIN outbox o USING (alert_id) WHERE f.exchange_seq = e.seq)
  AND NOT EXISTS (SELECT 1 FROM findings f JOIN dead_letters d USING (alert_id) WHERE f.exchange_seq = e.seq)
  ORDER BY e.seq LIMIT ?)`;

const CROWDED_UP_TO = `SELECT seq FROM exchanges WHERE ${UNFLAGGED} ORDER BY seq DESC LIMIT 1 OFFSET ?`;
const CROWD_OUT = `DELETE FROM exchanges WHERE seq IN (
  SELECT seq FROM exchanges WHERE ${UNFLAGGED} AND seq <= ? ORDER BY seq LIMIT ?)`;

const PRESSURE = `SELECT (SELECT count(*) FROM outbox) AS outboxRows,
  (page_count - freelist_count) * page_size AS bytes
  FROM pragma_page_count, pragma_freelist_count, pragma_page_size`;

/** Prepares the statements of one connection. */
export function createRetention(database: DatabaseSync): Retention {
  const expiring = database.prepare(EXPIRE);
  const crowding = database.prepare(CROWD_OUT);
  const measuring = database.prepare(PRESSURE);
  const expire = ({ cutoffs, limit }: Expiry): readonly Expired[] =>
    inTransaction(database, () =>
      cutoffs.map(({ rank, before }) => {
        const removed = Number(expiring.run(rank, before, limit).changes);
        return { rank, removed, hasMore: removed === limit };
      }),
    );
  const crowded = database.prepare(CROWDED_UP_TO);
  const crowdedUpTo = (keep: number): number | null =>
    (crowded.get(keep)?.['seq'] as number | undefined) ?? null;
  const crowdOut = ({ upTo, limit }: Crowding): number => Number(crowding.run(upTo, limit).changes);
  return { expire, crowdedUpTo, crowdOut, pressure: () => measuring.get() as unknown as StorePressure };
}
