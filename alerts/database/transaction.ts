import type { DatabaseSync } from 'node:sqlite';

/** Runs `work` between BEGIN IMMEDIATE and COMMIT; whatever it throws takes everything back and is thrown on. */
export function inTransaction<Result>(database: DatabaseSync, work: () => Result): Result {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    // SQLite has already rolled back after a full disk or an I/O error.
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** The same, not brought to the disk by itself: a process that dies takes nothing of it back, a power cut may. The next
 *  transaction that is brought to the disk brings it along. What the connection brings to the disk else stays as it is. */
export function inUnsyncedTransaction<Result>(database: DatabaseSync, work: () => Result): Result {
  const { synchronous } = database.prepare('PRAGMA synchronous').get() as { synchronous: number };
  database.exec('PRAGMA synchronous = NORMAL');
  try {
    return inTransaction(database, work);
  } finally {
    database.exec(`PRAGMA synchronous = ${synchronous}`);
  }
}
