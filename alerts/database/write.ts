import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { flaggedRank, isAlerting, storedFindings } from '../alert.ts';
import { levelRank, strongestRank } from '../levels.ts';
import type { CommitOutcome, StoredFinding } from '../types.ts';
import { type HandedRecord, jsonColumn } from './handed-record.ts';
import { inTransaction } from './transaction.ts';
import { writeTogether } from './write-together.ts';

/** What the writer needs to know besides the record. */
export interface WriteOptions {
  /** One outbox row per alert and sink. */
  readonly sinks: readonly string[];
}

/** Writes exchanges. */
export interface Writer {
  /** All records in one transaction, one outcome each, in order. A record that cannot be written for a reason of its
   *  own does not take the others with it. */
  commit(records: readonly HandedRecord[]): readonly CommitOutcome[];
}

const INSERT_EXCHANGE = `INSERT INTO exchanges (exchange_id, conversation_id, subject, started_at, ended_at, route, dialect,
  model, status, is_streamed, verdict, featureset_digest, trace_id, level_rank, kept_rank)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (exchange_id) DO NOTHING`;

const INSERT_SEGMENT = `INSERT INTO segments (exchange_seq, position, segment_id, role, target, text, tokens, signals)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;

const INSERT_FINDING = `INSERT INTO findings (alert_id, exchange_seq, rule_id, rule_name, rule_title, level_rank, is_alerting,
  excerpt, finding) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (alert_id) DO NOTHING`;

const INSERT_OUTBOX = `INSERT INTO outbox (sink, alert_id, conversation_id, queued_at) VALUES (?, ?, ?, ?)
  ON CONFLICT (alert_id, sink) DO NOTHING`;

function prepareAll(database: DatabaseSync) {
  return {
    exchange: database.prepare(INSERT_EXCHANGE),
    seqOf: database.prepare('SELECT seq FROM exchanges WHERE exchange_id = ?'),
    coverage: database.prepare('INSERT INTO coverage VALUES (?, ?, ?, ?, ?)'),
    segment: database.prepare(INSERT_SEGMENT),
    finding: database.prepare(INSERT_FINDING),
    outbox: database.prepare(INSERT_OUTBOX),
  } satisfies Record<string, StatementSync>;
}

type Statements = ReturnType<typeof prepareAll>;

/** Prepares the statements of one connection. */
export function createWriter(database: DatabaseSync, options: WriteOptions): Writer {
  const statements = prepareAll(database);

  const commitOnce = (records: readonly HandedRecord[]): CommitOutcome[] =>
    inTransaction(database, () => records.map((record) => insert(statements, record, options.sinks)));

  return { commit: (records) => writeTogether(records, commitOnce) };
}

function insert(statements: Statements, record: HandedRecord, sinks: readonly string[]): CommitOutcome {
  const findings = storedFindings(record);
  const alerting = findings.filter(({ finding }) => isAlerting(finding));
  const alertIds = alerting.map((stored) => stored.alertId);
  const seq = insertExchange(statements, record, alerting);
  if (seq === undefined) {
    const cursor = Number(statements.seqOf.get(record.exchangeId)?.['seq']);
    return { outcome: 'committed', cursor, alertIds };
  }
  insertCoverage(statements, seq, record);
  insertSegments(statements, seq, record);
  for (const stored of findings) insertFinding(statements, seq, stored);
  const queuedAt = new Date().toISOString();
  for (const id of alertIds) {
    for (const sink of sinks) statements.outbox.run(sink, id, record.conversationId, queuedAt);
  }
  return { outcome: 'committed', cursor: seq, alertIds };
}

/** The new row's number, or undefined when the exchange is already there. */
function insertExchange(
  { exchange }: Statements,
  record: HandedRecord,
  alerting: readonly StoredFinding[],
): number | undefined {
  const { changes, lastInsertRowid } = exchange.run(
    record.exchangeId,
    record.conversationId,
    record.subject ?? null,
    record.startedAt,
    record.endedAt,
    record.route,
    record.dialect,
    record.model,
    record.status,
    Number(record.isStreamed),
    record.verdict,
    record.featuresetDigest,
    record.traceId,
    strongestRank(alerting.map(({ finding }) => finding.level)),
    flaggedRank(record.findings),
  );
  return changes === 0 ? undefined : Number(lastInsertRowid);
}

function insertCoverage(statements: Statements, seq: number, { coverage }: HandedRecord): void {
  const count = (status: string) => coverage.filter((entry) => entry.status === status).length;
  const entries = JSON.stringify(coverage);
  statements.coverage.run(seq, count('scanned'), count('skipped'), count('failed'), entries);
}

function insertSegments(statements: Statements, seq: number, { segments }: HandedRecord): void {
  for (const [position, { segmentId, role, target, text, tokens, signals }] of segments.entries()) {
    const [tokensJson, signalsJson] = [jsonColumn(tokens), jsonColumn(signals)];
    statements.segment.run(seq, position, segmentId, role, target, text, tokensJson, signalsJson);
  }
}

function insertFinding(
  statements: Statements,
  seq: number,
  { alertId, finding, excerpt }: StoredFinding,
): void {
  const { ruleId, ruleName, ruleTitle, level } = finding;
  const flags = [levelRank(level), Number(isAlerting(finding))] as const;
  const json = JSON.stringify(finding);
  statements.finding.run(alertId, seq, ruleId, ruleName, ruleTitle, ...flags, excerpt, json);
}
