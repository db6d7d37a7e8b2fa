import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { isWithoutTexts, SCORING_SINK, whyNotWritten } from '../dead-record.ts';
import type {
  CommitOutcome,
  DeadLetter,
  DeadRecord,
  DeadSelection,
  ExchangeRecord,
  RetriedLetters,
} from '../types.ts';
import { inTransaction } from './transaction.ts';

/** Works off the dead letters of one database. */
export interface DeadLetters {
  deadLetters(query: DeadSelection & { readonly limit: number }): readonly DeadLetter[];
  /** An exchange is buried once. */
  bury(record: DeadRecord): void;
  retryDead(selection: DeadSelection): RetriedLetters;
  dropDead(selection: DeadSelection): number;
}

const SELECTED = `(:sink IS NULL OR sink = :sink)
  AND (:seqs IS NULL OR seq IN (SELECT value FROM json_each(:seqs)))`;

const COLUMNS = `seq, sink, alert_id AS alertId, exchange_id AS exchangeId, conversation_id AS conversationId,
  queued_at AS queuedAt, died_at AS diedAt, reason`;

const BURY = `INSERT INTO dead_letters (sink, exchange_id, conversation_id, queued_at, died_at, reason, subject, record)
  SELECT :sink, :exchangeId, :conversationId, :at, :at, :reason, :subject, :json
  WHERE NOT EXISTS (SELECT 1 FROM dead_letters WHERE exchange_id = :exchangeId AND sink = :sink)`;

const REQUEUE = `INSERT INTO outbox (sink, alert_id, conversation_id, queued_at) VALUES (?, ?, ?, ?)
  ON CONFLICT (alert_id, sink) DO NOTHING`;

const AGAIN = `INSERT INTO unscored (exchange_id, conversation_id, subject, queued_at, body)
  SELECT exchange_id, conversation_id, subject, queued_at, record FROM dead_letters WHERE seq = ?
  ON CONFLICT (exchange_id) DO NOTHING`;

type Row = DeadLetter & { readonly record: string | null };

/** Prepares the statements of one connection.
 *  @param commit - records one exchange as if it came now */
export function createDeadLetters(
  database: DatabaseSync,
  commit: (records: readonly ExchangeRecord[]) => readonly CommitOutcome[],
): DeadLetters {
  const list = database.prepare(
    `SELECT ${COLUMNS} FROM dead_letters WHERE ${SELECTED} ORDER BY seq LIMIT :limit`,
  );
  const whole = database.prepare(
    `SELECT ${COLUMNS}, record FROM dead_letters WHERE ${SELECTED} ORDER BY seq`,
  );
  const burying = database.prepare(BURY);
  const requeueing = database.prepare(REQUEUE);
  const adding = database.prepare(AGAIN);
  const remove = database.prepare('DELETE FROM dead_letters WHERE seq = ?');
  const drop = database.prepare(`DELETE FROM dead_letters WHERE ${SELECTED}`);

  const requeue = ({ seq, sink, alertId, conversationId, queuedAt }: Row): void =>
    inTransaction(database, () => {
      requeueing.run(sink, alertId, conversationId, queuedAt);
      remove.run(seq);
    });
  const recommit = (letter: Row): string | null => {
    const { seq, record, reason } = letter;
    if (record === null) return `nothing of it could be kept: ${reason}`;
    if (letter.sink === SCORING_SINK) return rescore(letter);
    const [outcome] = commit([JSON.parse(record) as ExchangeRecord]);
    if (outcome?.outcome !== 'committed') return whyNotWritten(outcome);
    remove.run(seq);
    return null;
  };
  const rescore = ({ seq }: Row): null =>
    inTransaction(database, () => {
      adding.run(seq);
      remove.run(seq);
      return null;
    });
  const retryDead = (selection: DeadSelection): RetriedLetters => {
    const letters = whole.all(named(selection)) as unknown as Row[];
    const failed: { seq: number; reason: string }[] = [];
    let withoutTexts = 0;
    for (const letter of letters) {
      if (letter.alertId !== null) requeue(letter);
      else {
        const reason = recommit(letter);
        if (reason !== null) failed.push({ seq: letter.seq, reason });
        else if (isWithoutTexts(letter)) withoutTexts += 1;
      }
    }
    return { retried: letters.length - failed.length, failed, withoutTexts };
  };
  return {
    deadLetters: ({ limit, ...selection }) =>
      list.all({ ...named(selection), limit }) as unknown as DeadLetter[],
    bury: (record) => void burying.run({ ...record, at: new Date().toISOString() }),
    retryDead,
    dropDead: (selection) => Number(drop.run(named(selection)).changes),
  };
}

function named({ sink, seqs }: DeadSelection): Record<string, SQLInputValue> {
  return { sink: sink ?? null, seqs: seqs === undefined ? null : JSON.stringify(seqs) };
}
