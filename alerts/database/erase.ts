import { existsSync, globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { AlertsError } from '../alerts-error.ts';
import { NOT_REACHED_BY_FILES } from '../not-reached.ts';
import { selectionColumn } from '../selection.ts';
import type { ErasedCounts, EraseSelection, Erasure } from '../types.ts';
import { countIn, piecesOf } from './needles.ts';
import { inTransaction } from './transaction.ts';

/** Takes everything of one subject out of one database. */
export interface Eraser {
  erase(selection: EraseSelection): Erasure;
}

const DEAD = `DELETE FROM dead_letters WHERE exchange_id IN (SELECT value FROM json_each(:ids))
  OR COLUMN = :value`;

/** Erases in one transaction, then writes the database anew and empties its log, so that no page holds what was
 *  removed; then looks for pieces of the removed texts and for the ids in every byte of the files. That the pieces were
 *  found before is part of the proof: a search that finds nothing before shows nothing after.
 *  @param path - the database's file */
export function createEraser(database: DatabaseSync, path: string): Eraser {
  const erase = (selection: EraseSelection): Erasure => {
    // Whatever lies in the log only is in the file before it is searched.
    checkpoint(database);
    const { seqs, exchangeIds, alertIds, texts } = findRows(database, selection);
    // Exchanges of which no text was kept are looked for by their ids; a subject's name is a hash and nowhere else.
    const names = selection.by === 'subject' ? [...exchangeIds, selection.value] : exchangeIds;
    const pieces = [...texts, ...names].flatMap(piecesOf);
    const files = storeFiles(path);
    const foundBefore = countIn(files, pieces);
    const removed = inTransaction(database, () => removeRows(database, selection, { seqs, exchangeIds }));
    database.exec('VACUUM');
    checkpoint(database);
    const shared = pieces.filter((piece) => isElsewhere(database, piece));
    const own = pieces.filter((piece) => !shared.includes(piece));
    const where = storeFiles(path);
    const foundAfter = countIn(where, own);
    const needles = pieces.length;
    const scan = { kind: 'bytes' as const, where, needles, foundBefore, foundAfter, shared: shared.length };
    return { selection, removed, exchangeIds, alertIds, scan, notReached: NOT_REACHED_BY_FILES };
  };
  return { erase };
}

/** The database, its log, and damaged ones that were set aside: an erasure does not change those, and must not be silent
 *  about what is in them. */
function storeFiles(path: string): string[] {
  const aside = globSync('*.corrupt-*', { cwd: dirname(path) }).map((name) => join(dirname(path), name));
  return [path, `${path}-wal`, `${path}-shm`, ...aside].filter((file) => existsSync(file));
}

function checkpoint(database: DatabaseSync): void {
  const row = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
  if (Number(row?.['busy']) !== 0) {
    throw new AlertsError(
      'STORE_LOCKED',
      'another process is reading the database, so its log cannot be emptied now: try again',
    );
  }
}

function findRows(database: DatabaseSync, selection: EraseSelection) {
  const column = selectionColumn(selection);
  const all = (sql: string, ...values: (string | number)[]) => database.prepare(sql).all(...values);
  const exchanges = all(
    `SELECT seq, exchange_id AS id FROM exchanges WHERE ${column} = ? ORDER BY seq`,
    selection.value,
  );
  const unscored = all(
    `SELECT exchange_id AS id, body AS text FROM unscored WHERE ${column} = ? ORDER BY seq`,
    selection.value,
  );
  const seqs = exchanges.map((row) => Number(row['seq']));
  const list = JSON.stringify(seqs);
  const inSeqs = 'exchange_seq IN (SELECT value FROM json_each(?))';
  const alerts = all(`SELECT alert_id AS id FROM findings WHERE ${inSeqs} ORDER BY seq`, list);
  const texts = [
    ...all(`SELECT text FROM segments WHERE ${inSeqs}`, list),
    ...all(`SELECT comment AS text FROM reviews WHERE ${inSeqs}`, list),
    ...unscored,
  ];
  return {
    seqs,
    exchangeIds: [...new Set([...exchanges, ...unscored].map((row) => String(row['id'])))],
    alertIds: alerts.map((row) => String(row['id'])),
    texts: texts.map((row) => String(row['text'])),
  };
}

function removeRows(
  database: DatabaseSync,
  selection: EraseSelection,
  { seqs, exchangeIds }: { readonly seqs: readonly number[]; readonly exchangeIds: readonly string[] },
): ErasedCounts {
  const list = JSON.stringify(seqs);
  const ids = JSON.stringify(exchangeIds);
  const inSeqs = 'exchange_seq IN (SELECT value FROM json_each(?))';
  const count = (sql: string, value: string) => Number(database.prepare(sql).run(value).changes);
  const ofSeqs = (table: string) => count(`DELETE FROM ${table} WHERE ${inSeqs}`, list);
  const dead = database.prepare(DEAD.replace('COLUMN', selectionColumn(selection)));
  return {
    outbox: count(
      `DELETE FROM outbox WHERE alert_id IN (SELECT alert_id FROM findings WHERE ${inSeqs})`,
      list,
    ),
    deadLetters: Number(dead.run({ ids, value: selection.value }).changes),
    unscored: count('DELETE FROM unscored WHERE exchange_id IN (SELECT value FROM json_each(?))', ids),
    reviews: ofSeqs('reviews'),
    findings: ofSeqs('findings'),
    segments: ofSeqs('segments'),
    coverage: ofSeqs('coverage'),
    exchanges: count('DELETE FROM exchanges WHERE seq IN (SELECT value FROM json_each(?))', list),
  };
}

function isElsewhere(database: DatabaseSync, piece: string): boolean {
  const sql = `SELECT EXISTS (SELECT 1 FROM segments WHERE instr(text, :piece) > 0)
    OR EXISTS (SELECT 1 FROM findings WHERE instr(excerpt, :piece) > 0 OR instr(finding, :piece) > 0)
    OR EXISTS (SELECT 1 FROM reviews WHERE instr(comment, :piece) > 0)
    OR EXISTS (SELECT 1 FROM dead_letters WHERE instr(record, :piece) > 0)
    OR EXISTS (SELECT 1 FROM unscored WHERE instr(body, :piece) > 0) AS found`;
  return Number(database.prepare(sql).get({ piece })?.['found']) === 1;
}
