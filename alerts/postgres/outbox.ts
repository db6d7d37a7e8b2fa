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
import type { PostgresDatabase, Query } from './database.ts';
import type { Leases } from './leases.ts';
import { parseFinding } from './parse-finding.ts';

/** What the outbox's statements need. */
export interface OutboxParts {
  readonly database: PostgresDatabase;
  readonly leases: Leases;
  readonly owner: string;
  /** Applied as alerts are read, so that a change of it holds for what waits too. */
  readonly content: ExcerptContent;
}

const ITEMS = `SELECT o.seq AS seq, ${FINDING_COLUMNS}, ${ALERT_COLUMNS}
  FROM outbox o JOIN findings f USING (alert_id) JOIN exchanges e ON e.seq = f.exchange_seq`;

const LEASED = 'ARRAY(SELECT bucket FROM leases WHERE sink = $1 AND owner = $4 AND expires_at > now())';

/** Only what this relay holds a lease for, for as long as it holds it. The rows are chosen before anything is joined to
 *  them: the server's planner, which knows nothing of a table that fills and empties, would join all that wait. */
const TAKE = `${ITEMS} WHERE o.seq = ANY(ARRAY(
    SELECT w.seq FROM outbox w WHERE w.sink = $1 AND w.conversation_id <> ALL($2) AND w.seq <> ALL($5)
      AND w.bucket = ANY(${LEASED})
    ORDER BY w.seq LIMIT $3))
  ORDER BY o.seq`;

/** The newest of this relay's before which nothing of their conversation waits. */
const FRESH = `${ITEMS} WHERE o.seq = ANY(ARRAY(
    SELECT n.seq FROM
      (SELECT seq, sink, bucket, conversation_id FROM outbox WHERE sink = $1 AND seq > $6
       ORDER BY seq DESC LIMIT ${FRESH_WINDOW}) n
    WHERE n.conversation_id <> ALL($2) AND n.seq <> ALL($5) AND n.bucket = ANY(${LEASED})
      AND n.seq = (SELECT min(p.seq) FROM outbox p WHERE p.sink = n.sink AND p.conversation_id = n.conversation_id)
    ORDER BY n.seq DESC LIMIT $3))
  ORDER BY o.seq`;

const NEWEST = 'SELECT max(seq) AS seq FROM outbox WHERE sink = $1';

const WAITING = `${ITEMS} WHERE o.sink = $1 ORDER BY o.seq LIMIT $2`;

const BURY = `INSERT INTO dead_letters (sink, alert_id, exchange_id, conversation_id, queued_at, died_at, reason)
  SELECT o.sink, o.alert_id, e.exchange_id, o.conversation_id, o.queued_at, $1, $2
  FROM outbox o JOIN findings f USING (alert_id) JOIN exchanges e ON e.seq = f.exchange_seq
  WHERE o.seq = $3 AND o.sink = $4`;

/** Not brought to the disk by itself: what a power cut takes back is delivered again under the same id. */
const STRIKE_OFF = `WITH unsynced AS (SELECT set_config('synchronous_commit', 'off', true))
  DELETE FROM outbox USING unsynced WHERE seq = ANY($1) AND sink = $2`;

const DEPTH = `SELECT count(*) AS depth, (SELECT queued_at FROM outbox WHERE sink = $1 ORDER BY seq LIMIT 1)
  AS "oldestQueuedAt", (SELECT count(*) FROM dead_letters WHERE sink = $1) AS dead
  FROM outbox WHERE sink = $1`;

const DROP = `WITH gone AS (DELETE FROM outbox WHERE sink = $1 RETURNING 1)
  SELECT count(*)::int AS count FROM gone`;

const DROP_UNSCORED = `WITH gone AS (DELETE FROM unscored RETURNING 1)
  SELECT count(*)::int AS count FROM gone`;

const SINKS = 'SELECT sink FROM outbox UNION SELECT sink FROM dead_letters ORDER BY sink';

/** The outbox's rows of one database, as seen by one relay. */
export function createOutbox({ database, leases, owner, content }: OutboxParts) {
  const { query } = database;
  const itemOf = (row: OutboxRow): OutboxItem => ({
    seq: row.seq,
    payload: alertOf(row, parseFinding(row), content),
  });
  const take = async (asked: TakeQuery): Promise<readonly OutboxItem[]> => {
    const { sink, limit, exceptConversations, exceptSeqs = [] } = asked;
    await leases.hold(sink);
    const rows = await query<OutboxRow>(TAKE, [sink, exceptConversations, limit, owner, exceptSeqs]);
    const last = rows.at(-1)?.seq ?? 0;
    const behind = rows.length < limit ? 0 : (await newestOf(query, sink)) - last;
    const room = roomForFresh({ taken: rows.length, behind, limit });
    if (room === 0) return rows.map(itemOf);
    const fresh = await query<OutboxRow>(FRESH, [sink, exceptConversations, room, owner, exceptSeqs, last]);
    return withFresh(rows, fresh).map(itemOf);
  };
  const waiting = async ({ sink, limit }: WaitingQuery): Promise<readonly OutboxItem[]> =>
    (await query<OutboxRow>(WAITING, [sink, limit])).map(itemOf);
  const settle = async ({ sink, delivered, dead }: Settlement): Promise<void> => {
    if (dead.length === 0) {
      await query(STRIKE_OFF, [delivered, sink]);
      return;
    }
    await database.transaction(async (run) => {
      const diedAt = new Date().toISOString();
      for (const { seq, reason } of dead) await run(BURY, [diedAt, reason, seq, sink]);
      const gone = [...delivered, ...dead.map(({ seq }) => seq)];
      await run('DELETE FROM outbox WHERE seq = ANY($1) AND sink = $2', [gone, sink]);
    });
  };
  const depth = (sink: string): Promise<OutboxDepth> => depthOf(query, sink);
  const sinksWithRows = async () => (await query<{ sink: string }>(SINKS)).map(({ sink }) => sink);
  const dropWaiting = async (sink: string): Promise<number> => {
    const isUnscored = sink === SCORING_SINK;
    const [gone] = await query<{ count: number }>(
      isUnscored ? DROP_UNSCORED : DROP,
      isUnscored ? [] : [sink],
    );
    return Number(gone?.count);
  };
  return { take, waiting, sinksWithRows, settle, depth, dropWaiting };
}

async function newestOf(query: Query, sink: string): Promise<number> {
  const [row] = await query<{ seq: number | null }>(NEWEST, [sink]);
  return row?.seq ?? 0;
}

async function depthOf(query: Query, sink: string): Promise<OutboxDepth> {
  const [row] = await query<OutboxDepth>(DEPTH, [sink]);
  return row ?? { depth: 0, oldestQueuedAt: null, dead: 0 };
}
