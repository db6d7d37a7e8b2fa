import type { DatabaseSync } from 'node:sqlite';
import type { Expired, Expiry, StorePressure } from '../types.ts';
import { inTransaction } from './transaction.ts';

/** Knows how full one database is, and takes out what is too old. */
export interface Retention {
  /** Deletes what is older than its level is kept, at most `limit` of each level. */
  expire(expiry: Expiry): readonly Expired[];
  pressure(): StorePressure;
}

/** Alerts that still wait, or that no sink took, keep their exchange. */
const EXPIRE = `DELETE FROM exchanges WHERE seq IN (
  SELECT e.seq FROM exchanges e WHERE e.level_rank IS ? AND e.ended_at < ?
  AND NOT EXISTS (SELECT 1 FROM findings f JOIN outbox o USING (alert_id) WHERE f.exchange_seq = e.seq)
  AND NOT EXISTS (SELECT 1 FROM findings f JOIN dead_letters d USING (alert_id) WHERE f.exchange_seq = e.seq)
  ORDER BY e.seq LIMIT ?)`;

const PRESSURE = `SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM unscored) AS outboxRows,
  (page_count - freelist_count) * page_size AS bytes
  FROM pragma_page_count, pragma_freelist_count, pragma_page_size`;

/** Prepares the statements of one connection. */
export function createRetention(database: DatabaseSync): Retention {
  const expiring = database.prepare(EXPIRE);
  const measuring = database.prepare(PRESSURE);
  const expire = ({ cutoffs, limit }: Expiry): readonly Expired[] =>
    inTransaction(database, () =>
      cutoffs.map(({ rank, before }) => {
        const removed = Number(expiring.run(rank, before, limit).changes);
        return { rank, removed, hasMore: removed === limit };
      }),
    );
  return { expire, pressure: () => measuring.get() as unknown as StorePressure };
}
