import type { DatabaseSync } from 'node:sqlite';
import { alertOf } from '../alert.ts';
import { SCORING_SINK } from '../dead-record.ts';
import { FRESH_WINDOW, roomForFresh, withFresh } from '../fresh-alerts.ts';
import { ALERT_COLUMNS, FINDING_COLUMNS, type OutboxRow } from '../stored-rows.ts';
import type {
  ExcerptContent,
  OutboxDepth,
  OutboxItem,
  Settlement,
  TakeQuery,
  WaitingQuery,
} from '../types.ts';
import { parseFinding } from './read-parts.ts';
import { inTransaction, inUnsyncedTransaction } from './transaction.ts';

/** The outbox's rows of one database. */
export interface OutboxRows {
  take(query: TakeQuery): readonly OutboxItem[];
  waiting(query: WaitingQuery): readonly OutboxItem[];
  sinksWithRows(): readonly string[];
  settle(settlement: Settlement): void;
  depth(sink: string): OutboxDepth;
  dropWaiting(sink: string): number;
}

const ITEMS = `SELECT o.seq AS seq, ${FINDING_COLUMNS}, ${ALERT_COLUMNS}
  FROM outbox o JOIN findings f USING (alert_id) JOIN exchanges e ON e.seq = f.exchange_seq`;

const TAKE = `${ITEMS} WHERE o.sink = ? AND o.conversation_id NOT IN (SELECT value FROM json_each(?))
    AND o.seq NOT IN (SELECT value FROM json_each(?))
  ORDER BY o.seq LIMIT ?`;

/** The newest before which nothing of their conversation waits. */
const FRESH = `${ITEMS} WHERE o.seq IN (
    SELECT n.seq FROM
      (SELECT seq, sink, conversation_id FROM outbox WHERE sink = ? AND seq > ? ORDER BY seq DESC LIMIT ${FRESH_WINDOW}) n
    WHERE n.conversation_id NOT IN (SELECT value FROM json_each(?)) AND n.seq NOT IN (SELECT value FROM json_each(?))
      AND n.seq = (SELECT min(p.seq) FROM outbox p WHERE p.sink = n.sink AND p.conversation_id = n.conversation_id)
    ORDER BY n.seq DESC LIMIT ?)
  ORDER BY o.seq`;

const NEWEST = 'SELECT max(seq) AS seq FROM outbox WHERE sink = ?';

const BURY = `INSERT INTO dead_letters (sink, alert_id, exchange_id, conversation_id, queued_at, died_at, reason)
  SELECT o.sink, o.alert_id, e.exchange_id, o.conversation_id, o.queued_at, ?, ?
  FROM outbox o JOIN findings f USING (alert_id) JOIN exchanges e ON e.seq = f.exchange_seq
  WHERE o.seq = ? AND o.sink = ?`;

const DEPTH = `SELECT count(*) AS depth, (SELECT queued_at FROM outbox WHERE sink = :sink ORDER BY seq LIMIT 1)
  AS oldestQueuedAt, (SELECT count(*) FROM dead_letters WHERE sink = :sink) AS dead
  FROM outbox WHERE sink = :sink`;

const SINKS = 'SELECT sink FROM outbox UNION SELECT sink FROM dead_letters ORDER BY sink';

const REMOVE = 'DELETE FROM outbox WHERE seq IN (SELECT value FROM json_each(?)) AND sink = ?';

/** Conversations and numbers to leave where they are, as JSON. */
type Except = readonly [conversations: string, seqs: string];

const NOTHING: Except = ['[]', '[]'];

/** Prepares the statements of one connection.
 *  @param content - applied as alerts are read, so that a change of it holds for what waits too */
export function createOutboxRows(database: DatabaseSync, content: ExcerptContent): OutboxRows {
  const taking = database.prepare(TAKE);
  const takingFresh = database.prepare(FRESH);
  const newest = database.prepare(NEWEST);
  const remove = database.prepare(REMOVE);
  const bury = database.prepare(BURY);
  const depth = database.prepare(DEPTH);
  const sinks = database.prepare(SINKS);
  const drop = database.prepare('DELETE FROM outbox WHERE sink = ?');
  const dropUnscored = database.prepare('DELETE FROM unscored');

  const itemOf = (row: OutboxRow): OutboxItem => ({
    seq: row.seq,
    payload: alertOf(row, parseFinding(row), content),
  });
  const oldest = (sink: string, except: Except, limit: number) =>
    taking.all(sink, ...except, limit) as unknown as OutboxRow[];
  const take = ({ sink, limit, exceptConversations, exceptSeqs = [] }: TakeQuery): OutboxItem[] => {
    const except: Except = [JSON.stringify(exceptConversations), JSON.stringify(exceptSeqs)];
    const rows = oldest(sink, except, limit);
    const last = rows.at(-1)?.seq ?? 0;
    const behind = rows.length < limit ? 0 : Number(newest.get(sink)?.['seq'] ?? 0) - last;
    const room = roomForFresh({ taken: rows.length, behind, limit });
    if (room === 0) return rows.map(itemOf);
    const fresh = takingFresh.all(sink, last, ...except, room) as unknown as OutboxRow[];
    return withFresh(rows, fresh).map(itemOf);
  };
  const settle = ({ sink, delivered, dead }: Settlement): void => {
    // What a power cut takes back is delivered again under the same id: no reason to keep commits from the disk.
    const inOneTransaction = dead.length > 0 ? inTransaction : inUnsyncedTransaction;
    inOneTransaction(database, () => {
      const diedAt = new Date().toISOString();
      for (const { seq, reason } of dead) bury.run(diedAt, reason, seq, sink);
      remove.run(JSON.stringify([...delivered, ...dead.map(({ seq }) => seq)]), sink);
    });
  };
  const waiting = ({ sink, limit }: WaitingQuery) => oldest(sink, NOTHING, limit).map(itemOf);
  const sinksWithRows = () => sinks.all().map(({ sink }) => String(sink));
  const depthOf = (sink: string) => depth.get({ sink }) as unknown as OutboxDepth;
  const dropWaiting = (sink: string) =>
    Number((sink === SCORING_SINK ? dropUnscored.run() : drop.run(sink)).changes);
  return { take, waiting, sinksWithRows, settle, depth: depthOf, dropWaiting };
}
