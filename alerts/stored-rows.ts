import type { AlertHead } from './alert.ts';
import type { ExchangeHead } from './types.ts';

/** The columns of an exchange, read from `exchanges e`, under the names of `ExchangeRow`; the same in both databases. */
export const EXCHANGE_COLUMNS = `e.seq AS cursor, e.exchange_id AS "exchangeId",
  e.conversation_id AS "conversationId", e.subject, e.started_at AS "startedAt", e.ended_at AS "endedAt", e.route,
  e.dialect, e.model, e.status, e.is_streamed AS "isStreamed", e.verdict,
  e.featureset_digest AS "featuresetDigest", e.trace_id AS "traceId", e.level_rank AS "levelRank"`;

/** The columns of an exchange that its alerts tell, read from `exchanges e`, under their names there. */
export const ALERT_COLUMNS = `e.exchange_id AS "exchangeId", e.conversation_id AS "conversationId",
  e.ended_at AS "endedAt", e.verdict, e.featureset_digest AS "featuresetDigest", e.trace_id AS "traceId"`;

/** A row of the outbox, with `ALERT_COLUMNS` and `FINDING_COLUMNS`. */
export type OutboxRow = AlertHead & FindingRow & { readonly seq: number };

/** The columns of a finding, read from `findings f`, under the names of `FindingRow`. */
export const FINDING_COLUMNS = 'f.alert_id AS "alertId", f.excerpt, f.finding';

/** A row of `EXCHANGE_COLUMNS`. */
export interface ExchangeRow extends Omit<ExchangeHead, 'subject' | 'isStreamed'> {
  readonly cursor: number;
  readonly subject: string | null;
  /** SQLite has 0 and 1. */
  readonly isStreamed: boolean | number;
  readonly levelRank: number | null;
}

/** A search reads so many flagged exchanges where it is not told otherwise. */
export const SEARCH_NEWEST = 5_000;

/** The verdict in the row of a review by which an earlier one was taken back. */
export const WITHDRAWN = 'withdrawn';

/** A row of `FINDING_COLUMNS`. */
export interface FindingRow {
  readonly alertId: string;
  readonly excerpt: string;
  readonly finding: string;
}

/** The exchange in a row that may hold more than it. */
export function headOf(row: ExchangeRow): ExchangeHead {
  const { exchangeId, conversationId, subject, startedAt, endedAt, route, dialect, model, status } = row;
  const { verdict, featuresetDigest, traceId } = row;
  const who = subject === null ? {} : { subject };
  const times = { startedAt, endedAt };
  const place = { route, dialect, model, status, isStreamed: Boolean(row.isStreamed) };
  return { exchangeId, conversationId, ...who, ...times, ...place, verdict, featuresetDigest, traceId };
}
