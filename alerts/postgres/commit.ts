import { flaggedRank, isAlerting, storedFindings } from '../alert.ts';
import { bucketOf } from '../bucket.ts';
import { levelRank, strongestRank } from '../levels.ts';
import type { CommitOutcome, ExchangeRecord, StoredFinding } from '../types.ts';
import type { Query } from './database.ts';
import { nameOf, textToColumn } from './text.ts';

/** Held to the end of each commit, so that numbers grow in the order in which commits become visible. */
const COMMIT_LOCK = 0x7e11_0002;

const INSERT_EXCHANGES = `INSERT INTO exchanges (exchange_id, conversation_id, subject, started_at, ended_at, route, dialect,
    model, status, is_streamed, verdict, featureset_digest, trace_id, level_rank, kept_rank)
  SELECT "exchangeId", "conversationId", subject, "startedAt", "endedAt", route, dialect, model, status, "isStreamed",
    verdict, "featuresetDigest", "traceId", rank, kept
  FROM json_to_recordset($1::json) AS r(position int, "exchangeId" text, "conversationId" text, subject text,
    "startedAt" text, "endedAt" text, route text, dialect text, model text, status int, "isStreamed" boolean,
    verdict text, "featuresetDigest" text, "traceId" text, rank smallint, kept smallint)
  ORDER BY position ON CONFLICT (exchange_id) DO NOTHING RETURNING seq, exchange_id AS "exchangeId"`;

const INSERT_COVERAGE = `INSERT INTO coverage (exchange_seq, scanned, skipped, failed, entries)
  SELECT * FROM json_to_recordset($1::json) AS r(seq bigint, scanned int, skipped int, failed int, entries text)`;

const INSERT_SEGMENTS = `INSERT INTO segments (exchange_seq, position, segment_id, role, target, text, tokens, signals)
  SELECT * FROM json_to_recordset($1::json) AS r(seq bigint, position int, "segmentId" text, role text, target text,
    text text, tokens text, signals text)`;

const INSERT_FINDINGS = `INSERT INTO findings (alert_id, exchange_seq, rule_id, rule_name, rule_title, level_rank,
    is_alerting, excerpt, finding)
  SELECT "alertId", seq, "ruleId", "ruleName", "ruleTitle", rank, "isAlerting", excerpt, finding
  FROM json_to_recordset($1::json) AS r(position int, "alertId" text, seq bigint, "ruleId" text, "ruleName" text,
    "ruleTitle" text, rank smallint, "isAlerting" boolean, excerpt text, finding text)
  ORDER BY position ON CONFLICT (alert_id) DO NOTHING`;

const INSERT_OUTBOX = `INSERT INTO outbox (sink, bucket, alert_id, conversation_id, queued_at)
  SELECT sink, bucket, "alertId", "conversationId", "queuedAt"
  FROM json_to_recordset($1::json) AS r(position int, sink text, bucket smallint, "alertId" text,
    "conversationId" text, "queuedAt" text)
  ORDER BY position ON CONFLICT (alert_id, sink) DO NOTHING`;

interface Prepared {
  readonly record: ExchangeRecord;
  readonly findings: readonly StoredFinding[];
  readonly alerting: readonly StoredFinding[];
}

/** What is written, and who is told that it is its turn. */
export interface Insertion {
  readonly records: readonly ExchangeRecord[];
  /** One outbox row per alert and sink. */
  readonly sinks: readonly string[];
  /** Whoever asks for the lock from now on comes after this one. */
  onLocked(): void;
  /** What is sent along once the numbers are known, and answered with the rest. */
  alongside(outcomes: readonly CommitOutcome[]): Promise<unknown>;
}

/** Writes all records, each table with one statement, inside the caller's transaction.
 *  @returns one outcome a record, in order */
export async function insertRecords(
  query: Query,
  { records, sinks, onLocked, alongside }: Insertion,
): Promise<readonly CommitOutcome[]> {
  const prepared = records.map(prepare);
  const lock = query('SELECT pg_advisory_xact_lock($1)', [COMMIT_LOCK]).then(onLocked);
  const [inserted] = await Promise.all([insertExchanges(query, prepared), lock]);
  const fresh = firstOfEach(prepared, inserted);
  const cursors = await cursorsOf(query, prepared, inserted);
  const outcomes = prepared.map(({ record, alerting }) => ({
    outcome: 'committed' as const,
    cursor: cursors.get(record.exchangeId) ?? 0,
    alertIds: alerting.map(({ alertId }) => alertId),
  }));
  // In this order: each refers to those before it. None waits for another's answer: others wait for the lock.
  await Promise.all([
    insertAll(query, INSERT_COVERAGE, fresh.map(coverageRow)),
    insertAll(query, INSERT_SEGMENTS, fresh.flatMap(segmentRows)),
    insertAll(query, INSERT_FINDINGS, fresh.flatMap(findingRows).map(numbered)),
    insertAll(query, INSERT_OUTBOX, fresh.flatMap((one) => outboxRows(one, sinks)).map(numbered)),
    alongside(outcomes),
  ]);
  return outcomes;
}

function prepare(record: ExchangeRecord): Prepared {
  const findings = storedFindings(record);
  return { record, findings, alerting: findings.filter(({ finding }) => isAlerting(finding)) };
}

async function insertAll(query: Query, sql: string, rows: readonly object[]): Promise<void> {
  if (rows.length > 0) await query(sql, [JSON.stringify(rows)]);
}

function numbered<Row extends object>(row: Row, position: number): Row & { position: number } {
  return { ...row, position };
}

/** The numbers of the exchanges that were not there before. */
async function insertExchanges(
  query: Query,
  prepared: readonly Prepared[],
): Promise<ReadonlyMap<string, number>> {
  const rows = prepared.map(({ record, alerting }, position) => {
    const { findings, coverage, segments, ...head } = record;
    return {
      ...head,
      conversationId: nameOf(head.conversationId),
      subject: head.subject ?? null,
      route: nameOf(head.route),
      model: head.model === null ? null : nameOf(head.model),
      rank: strongestRank(alerting.map(({ finding }) => finding.level)),
      kept: flaggedRank(findings),
      position,
    };
  });
  const inserted = await query<{ seq: number; exchangeId: string }>(INSERT_EXCHANGES, [JSON.stringify(rows)]);
  return new Map(inserted.map(({ seq, exchangeId }) => [exchangeId, seq]));
}

interface Fresh extends Prepared {
  readonly seq: number;
}

/** The records that were inserted; where one came twice in a batch, its first. */
function firstOfEach(prepared: readonly Prepared[], inserted: ReadonlyMap<string, number>): Fresh[] {
  const left = new Map(inserted);
  return prepared.flatMap((one) => {
    const seq = left.get(one.record.exchangeId);
    left.delete(one.record.exchangeId);
    return seq === undefined ? [] : [{ ...one, seq }];
  });
}

async function cursorsOf(
  query: Query,
  prepared: readonly Prepared[],
  inserted: ReadonlyMap<string, number>,
): Promise<ReadonlyMap<string, number>> {
  const known = prepared
    .map(({ record }) => record.exchangeId)
    .filter((exchangeId) => !inserted.has(exchangeId));
  if (known.length === 0) return inserted;
  const sql = 'SELECT seq, exchange_id AS "exchangeId" FROM exchanges WHERE exchange_id = ANY($1)';
  const rows = await query<{ seq: number; exchangeId: string }>(sql, [known]);
  return new Map([...inserted, ...rows.map(({ seq, exchangeId }) => [exchangeId, seq] as const)]);
}

function coverageRow({ seq, record: { coverage } }: Fresh) {
  const count = (status: string) => coverage.filter((entry) => entry.status === status).length;
  const entries = JSON.stringify(coverage);
  return { seq, scanned: count('scanned'), skipped: count('skipped'), failed: count('failed'), entries };
}

function segmentRows({ seq, record }: Fresh) {
  return record.segments.map(({ segmentId, role, target, text, tokens, signals }, position) => ({
    seq,
    position,
    segmentId: nameOf(segmentId),
    role: nameOf(role),
    target,
    text: textToColumn(text),
    tokens: JSON.stringify(tokens),
    signals: JSON.stringify(signals),
  }));
}

function findingRows({ seq, findings }: Fresh) {
  return findings.map(({ alertId, finding, excerpt }) => ({
    alertId,
    seq,
    ruleId: finding.ruleId,
    ruleName: nameOf(finding.ruleName),
    ruleTitle: nameOf(finding.ruleTitle),
    rank: levelRank(finding.level),
    isAlerting: isAlerting(finding),
    excerpt: textToColumn(excerpt),
    finding: JSON.stringify(finding),
  }));
}

function outboxRows({ record, alerting }: Fresh, sinks: readonly string[]) {
  const queuedAt = new Date().toISOString();
  const conversationId = nameOf(record.conversationId);
  const bucket = bucketOf(conversationId);
  return alerting.flatMap(({ alertId }) =>
    sinks.map((sink) => ({ sink, bucket, alertId, conversationId, queuedAt })),
  );
}
