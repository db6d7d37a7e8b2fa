import { bucketOf } from '../bucket.ts';
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
import type { PostgresDatabase } from './database.ts';
import type { OutboxParts } from './outbox.ts';
import { nameOf, textFromColumn, textToColumn } from './text.ts';
import { writeTogether } from './write-together.ts';

/** Held to the end of each commit, so that numbers grow in the order in which commits become visible. */
const ADD_LOCK = 0x7e11_0003;

const ADD = `INSERT INTO unscored (exchange_id, bucket, conversation_id, subject, queued_at, body)
  SELECT "exchangeId", bucket, "conversationId", subject, "queuedAt", body
  FROM json_to_recordset($1::json) AS r(position int, "exchangeId" text, bucket smallint, "conversationId" text,
    subject text, "queuedAt" text, body text)
  ORDER BY position ON CONFLICT (exchange_id) DO NOTHING`;

const SEQS = 'SELECT seq, exchange_id AS "exchangeId" FROM unscored WHERE exchange_id = ANY($1)';

/** Only what this relay holds a lease for, and not more bytes than it can hold, though at least one exchange. */
const TAKE = `SELECT seq, exchange_id AS "exchangeId", conversation_id AS "conversationId", body FROM (
    SELECT *, sum(length(body)) OVER (ORDER BY seq) - length(body) AS before FROM unscored
    WHERE conversation_id <> ALL($1) AND seq <> ALL($4) AND bucket IN
      (SELECT bucket FROM leases WHERE sink = '${SCORING_SINK}' AND owner = $3 AND expires_at > now())
    ORDER BY seq LIMIT $2) AS waiting
  WHERE before < ${MAX_TAKEN_BYTES} ORDER BY seq`;

const BURY = `INSERT INTO dead_letters (sink, exchange_id, conversation_id, subject, queued_at, died_at, reason, record)
  SELECT '${SCORING_SINK}', exchange_id, conversation_id, subject, queued_at, $1, $2, body FROM unscored WHERE seq = $3`;

const DEPTH = `SELECT count(*) AS depth, (SELECT queued_at FROM unscored ORDER BY seq LIMIT 1) AS "oldestQueuedAt",
  (SELECT count(*) FROM dead_letters WHERE sink = '${SCORING_SINK}') AS dead FROM unscored`;

type Row = UnscoredExchange & { readonly seq: number };

/** The rows of exchanges that wait to be scored elsewhere, as seen by one relay. */
export function createUnscoredRows({ database, leases, owner }: Omit<OutboxParts, 'content'>) {
  const { query } = database;
  const takeUnscored = async ({ limit, exceptConversations, exceptSeqs = [] }: TakeQuery) => {
    await leases.hold(SCORING_SINK);
    return (await query<Row>(TAKE, [exceptConversations, limit, owner, exceptSeqs])).map(itemOf);
  };
  const settleUnscored = ({ delivered, dead }: Settlement): Promise<void> =>
    database.transaction(async (run) => {
      const diedAt = new Date().toISOString();
      for (const { seq, reason } of dead) await run(BURY, [diedAt, nameOf(reason), seq]);
      await run('DELETE FROM unscored WHERE seq = ANY($1)', [[...delivered, ...dead.map(({ seq }) => seq)]]);
    });
  return {
    addUnscored: (exchanges: readonly UnscoredExchange[]) =>
      writeTogether(exchanges, (some) => add(database, some)),
    takeUnscored,
    settleUnscored,
    unscoredDepth: async (): Promise<OutboxDepth> =>
      (await query<OutboxDepth>(DEPTH))[0] ?? { depth: 0, oldestQueuedAt: null, dead: 0 },
  };
}

function itemOf({ seq, body, ...payload }: Row): OutboxItem<UnscoredExchange> {
  return { seq, payload: { ...payload, body: textFromColumn(body) } };
}

function add(
  database: PostgresDatabase,
  exchanges: readonly UnscoredExchange[],
): Promise<readonly CommitOutcome[]> {
  const queuedAt = new Date().toISOString();
  const rows = exchanges.map(
    ({ exchangeId, conversationId: conversation, subject = null, body }, position) => {
      const conversationId = nameOf(conversation);
      const bucket = bucketOf(conversationId);
      return { position, exchangeId, bucket, conversationId, subject, queuedAt, body: textToColumn(body) };
    },
  );
  return database.transaction(async (query) => {
    await query('SELECT pg_advisory_xact_lock($1)', [ADD_LOCK]);
    await query(ADD, [JSON.stringify(rows)]);
    const found = await query<Row>(SEQS, [exchanges.map(({ exchangeId }) => exchangeId)]);
    const seqs = new Map(found.map(({ exchangeId, seq }) => [exchangeId, seq]));
    return exchanges.map(({ exchangeId }) => ({
      outcome: 'committed',
      cursor: seqs.get(exchangeId) ?? 0,
      alertIds: [],
    }));
  });
}
