import { bucketOf } from '../bucket.ts';
import { isWithoutTexts, SCORING_SINK, whyNotWritten } from '../dead-record.ts';
import type {
  CommitOutcome,
  DeadLetter,
  DeadRecord,
  DeadSelection,
  ExchangeRecord,
  RetriedLetters,
} from '../types.ts';
import type { PostgresDatabase } from './database.ts';
import { nameOf, textToColumn } from './text.ts';

const SELECTED = `($1::text IS NULL OR sink = $1) AND ($2::bigint[] IS NULL OR seq = ANY($2))`;

const COLUMNS = `seq, sink, alert_id AS "alertId", exchange_id AS "exchangeId", conversation_id AS "conversationId",
  queued_at AS "queuedAt", died_at AS "diedAt", reason`;

const LIST = `SELECT ${COLUMNS} FROM dead_letters WHERE ${SELECTED} ORDER BY seq LIMIT $3`;

const WHOLE = `SELECT ${COLUMNS}, record FROM dead_letters WHERE ${SELECTED} ORDER BY seq`;

const BURY = `INSERT INTO dead_letters (sink, exchange_id, conversation_id, queued_at, died_at, reason, record, subject)
  SELECT $7, $1, $2, $3, $3, $4, $5, $6
  WHERE NOT EXISTS (SELECT FROM dead_letters WHERE exchange_id = $1 AND sink = $7)`;

const REQUEUE = `INSERT INTO outbox (sink, bucket, alert_id, conversation_id, queued_at) VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (alert_id, sink) DO NOTHING`;

const AGAIN = `INSERT INTO unscored (exchange_id, bucket, conversation_id, subject, queued_at, body)
  SELECT exchange_id, $2, conversation_id, subject, queued_at, record FROM dead_letters WHERE seq = $1
  ON CONFLICT (exchange_id) DO NOTHING`;

type Row = DeadLetter & { readonly record: string | null };

/** Works off the dead letters of one database.
 *  @param commit - records one exchange as if it came now */
export function createDeadLetters(
  database: PostgresDatabase,
  commit: (records: readonly ExchangeRecord[]) => Promise<readonly CommitOutcome[]>,
) {
  const { query } = database;
  const values = ({ sink, seqs }: DeadSelection) => [sink ?? null, seqs ?? null];
  const deadLetters = ({ limit, ...selection }: DeadSelection & { readonly limit: number }) =>
    query<DeadLetter>(LIST, [...values(selection), limit]);
  const bury = async (dead: DeadRecord): Promise<void> => {
    const { sink, exchangeId, conversationId, subject, reason, json } = dead;
    const at = new Date().toISOString();
    const record = json === null ? null : textToColumn(json);
    const values = [exchangeId, nameOf(conversationId), at, nameOf(reason), record, subject, sink];
    await query(BURY, values);
  };
  const requeue = (letter: Row) =>
    database.transaction(async (run) => {
      const { sink, alertId, conversationId, queuedAt } = letter;
      await run(REQUEUE, [sink, bucketOf(conversationId), alertId, conversationId, queuedAt]);
      await run('DELETE FROM dead_letters WHERE seq = $1', [letter.seq]);
    });
  const rescore = ({ seq, conversationId }: Row) =>
    database.transaction(async (run) => {
      await run(AGAIN, [seq, bucketOf(conversationId)]);
      await run('DELETE FROM dead_letters WHERE seq = $1', [seq]);
      return null;
    });
  const recommit = async (letter: Row): Promise<string | null> => {
    const { record, reason, seq } = letter;
    if (record === null) return `nothing of it could be kept: ${reason}`;
    if (letter.sink === SCORING_SINK) return rescore(letter);
    const [outcome] = await commit([JSON.parse(JSON.parse(record) as string) as ExchangeRecord]);
    if (outcome?.outcome !== 'committed') return whyNotWritten(outcome);
    await query('DELETE FROM dead_letters WHERE seq = $1', [seq]);
    return null;
  };
  const retryDead = async (selection: DeadSelection): Promise<RetriedLetters> => {
    const failed: { seq: number; reason: string }[] = [];
    let withoutTexts = 0;
    const letters = await query<Row>(WHOLE, values(selection));
    for (const letter of letters) {
      if (letter.alertId !== null) {
        await requeue(letter);
        continue;
      }
      const reason = await recommit(letter);
      if (reason !== null) failed.push({ seq: letter.seq, reason });
      else if (isWithoutTexts(letter)) withoutTexts += 1;
    }
    return { retried: letters.length - failed.length, failed, withoutTexts };
  };
  const dropDead = async (selection: DeadSelection): Promise<number> =>
    (await query(`DELETE FROM dead_letters WHERE ${SELECTED} RETURNING seq`, values(selection))).length;
  return { deadLetters, bury, retryDead, dropDead };
}
