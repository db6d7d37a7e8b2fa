import { NOT_REACHED_BY_SERVER } from '../not-reached.ts';
import { selectionColumn } from '../selection.ts';
import type { ErasedCounts, EraseSelection, Erasure } from '../types.ts';
import type { PostgresDatabase, Query } from './database.ts';

const TABLES = [
  'outbox',
  'unscored',
  'dead_letters',
  'reviews',
  'findings',
  'segments',
  'coverage',
  'exchanges',
] as const;

/** Erases every exchange of a subject, a conversation or an id, in one transaction, and rewrites the tables so that no
 *  page of theirs holds a removed row. What the server keeps beside its tables (its log, backups, replicas) is the
 *  server's to forget.
 *  @returns what was removed; the scan counts rows, in every table, that belong to the selection or to what was removed */
export async function erase(database: PostgresDatabase, selection: EraseSelection): Promise<Erasure> {
  const column = selectionColumn(selection);
  const removed = await database.transaction((query) => removeRows(query, column, selection.value));
  for (const table of TABLES) await database.query(`VACUUM (FULL) ${table}`);
  const { seqs, ...erased } = removed;
  const rows = Object.values(erased.removed).reduce((sum, count) => sum + count, 0);
  const foundAfter = await countLeft(database.query, [column, selection.value], removed);
  const scan = { kind: 'rows' as const, where: [...TABLES], needles: rows, foundBefore: rows, foundAfter };
  return { selection, ...erased, scan: { ...scan, shared: 0 }, notReached: NOT_REACHED_BY_SERVER };
}

async function removeRows(query: Query, column: string, value: string) {
  const exchanges = await query<{ seq: number; exchangeId: string }>(
    `SELECT seq, exchange_id AS "exchangeId" FROM exchanges WHERE ${column} = $1 ORDER BY seq FOR UPDATE`,
    [value],
  );
  const waiting = await query<{ exchangeId: string }>(
    `DELETE FROM unscored WHERE ${column} = $1 RETURNING exchange_id AS "exchangeId"`,
    [value],
  );
  const seqs = exchanges.map(({ seq }) => seq);
  const exchangeIds = [...new Set([...exchanges, ...waiting].map(({ exchangeId }) => exchangeId))];
  const alerts = await query<{ alertId: string }>(
    'SELECT alert_id AS "alertId" FROM findings WHERE exchange_seq = ANY($1) ORDER BY seq',
    [seqs],
  );
  const alertIds = alerts.map(({ alertId }) => alertId);
  const count = async (sql: string, values: readonly unknown[]) =>
    (await query(`${sql} RETURNING 1`, values)).length;
  const ofSeqs = (table: string) => count(`DELETE FROM ${table} WHERE exchange_seq = ANY($1)`, [seqs]);
  const counts: ErasedCounts = {
    outbox: await count('DELETE FROM outbox WHERE alert_id = ANY($1)', [alertIds]),
    deadLetters: await count(`DELETE FROM dead_letters WHERE exchange_id = ANY($1) OR ${column} = $2`, [
      exchangeIds,
      value,
    ]),
    unscored: waiting.length,
    reviews: await ofSeqs('reviews'),
    findings: await ofSeqs('findings'),
    segments: await ofSeqs('segments'),
    coverage: await ofSeqs('coverage'),
    exchanges: await count('DELETE FROM exchanges WHERE seq = ANY($1)', [seqs]),
  };
  return { seqs, exchangeIds, alertIds, removed: counts };
}

type Removed = Awaited<ReturnType<typeof removeRows>>;

async function countLeft(
  query: Query,
  [column, value]: readonly [column: string, value: string],
  { seqs, exchangeIds, alertIds }: Removed,
): Promise<number> {
  const count = async (table: string, where: string, values: readonly unknown[]): Promise<number> => {
    const [row] = await query<{ left: number }>(
      `SELECT count(*) AS left FROM ${table} WHERE ${where}`,
      values,
    );
    return row?.left ?? 0;
  };
  const ofSeqs = (table: string) => count(table, 'exchange_seq = ANY($1)', [seqs]);
  const named = [`exchange_id = ANY($1) OR ${column} = $2`, [exchangeIds, value]] as const;
  const left = [
    await count('exchanges', ...named),
    await count('dead_letters', ...named),
    await count('unscored', ...named),
    await count('outbox', 'alert_id = ANY($1)', [alertIds]),
    await ofSeqs('reviews'),
    await ofSeqs('findings'),
    await ofSeqs('segments'),
    await ofSeqs('coverage'),
  ];
  return left.reduce((sum, rows) => sum + rows, 0);
}
