import type { DatabaseSync } from 'node:sqlite';
import { SCORING_SINK } from '../dead-record.ts';
import type {
  CommitOutcome,
  OutboxDepth,
  OutboxItem,
  Settlement,
  TakeQuery,
  UnscoredExchange,
} from '../types.ts';
import { MAX_TAKEN_BYTES } from '../unscored-outbox.ts';
import { inTransaction } from './transaction.ts';
import { writeTogether } from './write-together.ts';

/** The rows of exchanges that wait to be scored elsewhere. */
export interface UnscoredRows {
  /** All in one transaction, one outcome each, in order. */
  addUnscored(exchanges: readonly UnscoredExchange[]): readonly CommitOutcome[];
  takeUnscored(query: TakeQuery): readonly OutboxItem<UnscoredExchange>[];
  settleUnscored(settlement: Settlement): void;
  unscoredDepth(): OutboxDepth;
}

const ADD = `INSERT INTO unscored (exchange_id, conversation_id, subject, queued_at, body) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (exchange_id) DO UPDATE SET exchange_id = excluded.exchange_id RETURNING seq`;

const TAKE = `SELECT seq, exchange_id AS exchangeId, conversation_id AS conversationId, body FROM unscored
  WHERE conversation_id NOT IN (SELECT value FROM json_each(?)) AND seq NOT IN (SELECT value FROM json_each(?))
  ORDER BY seq LIMIT ?`;

const BURY = `INSERT INTO dead_letters (sink, exchange_id, conversation_id, subject, queued_at, died_at, reason, record)
  SELECT '${SCORING_SINK}', exchange_id, conversation_id, subject, queued_at, ?, ?, body FROM unscored WHERE seq = ?`;

const DEPTH = `SELECT count(*) AS depth, (SELECT queued_at FROM unscored ORDER BY seq LIMIT 1) AS oldestQueuedAt,
  (SELECT count(*) FROM dead_letters WHERE sink = '${SCORING_SINK}') AS dead FROM unscored`;

/** Prepares the statements of one connection. */
export function createUnscoredRows(database: DatabaseSync): UnscoredRows {
  const adding = database.prepare(ADD);
  const taking = database.prepare(TAKE);
  const bury = database.prepare(BURY);
  const remove = database.prepare('DELETE FROM unscored WHERE seq = ?');
  const depth = database.prepare(DEPTH);

  const insert = ({ exchangeId, conversationId, subject, body }: UnscoredExchange): CommitOutcome => {
    const row = adding.get(exchangeId, conversationId, subject ?? null, new Date().toISOString(), body);
    return { outcome: 'committed', cursor: Number(row?.['seq']), alertIds: [] };
  };
  const addUnscored = (exchanges: readonly UnscoredExchange[]): readonly CommitOutcome[] =>
    writeTogether(exchanges, (some) => inTransaction(database, () => some.map(insert)));
  const takeUnscored = (asked: TakeQuery): OutboxItem<UnscoredExchange>[] => {
    const { limit, exceptConversations, exceptSeqs = [] } = asked;
    const items: OutboxItem<UnscoredExchange>[] = [];
    let room = MAX_TAKEN_BYTES;
    const except = [JSON.stringify(exceptConversations), JSON.stringify(exceptSeqs)];
    for (const row of taking.iterate(...except, limit)) {
      const { seq, ...payload } = row as unknown as UnscoredExchange & { seq: number };
      items.push({ seq, payload });
      room -= payload.body.length;
      if (room <= 0) break;
    }
    return items;
  };
  const settleUnscored = ({ delivered, dead }: Settlement): void =>
    inTransaction(database, () => {
      const diedAt = new Date().toISOString();
      for (const { seq, reason } of dead) bury.run(diedAt, reason, seq);
      for (const seq of [...delivered, ...dead.map((letter) => letter.seq)]) remove.run(seq);
    });
  return {
    addUnscored,
    takeUnscored,
    settleUnscored,
    unscoredDepth: () => depth.get() as unknown as OutboxDepth,
  };
}
