import { keptFinding } from './alert.ts';
import type { CommitOutcome, DeadRecord, ExchangeRecord } from './types.ts';

/** The name under which exchanges that could not be written stand among the dead letters; no sink may have it. */
export const STORE_SINK = 'store';

/** The name under which exchanges stand that wait to be scored elsewhere, or could not be; no sink may have it. */
export const SCORING_SINK = 'scoring';

/** A longer record is kept without its texts, so that what could not be written does not fill the store. */
const MAX_JSON_LENGTH = 1024 * 1024;

/** What can be kept of an exchange that the store could not write: all of it, or all but its texts, or its head alone. */
export function deadRecordOf(record: ExchangeRecord, reason: string): DeadRecord {
  const { exchangeId, conversationId, subject = null } = record;
  const ids = { exchangeId: String(exchangeId), conversationId: String(conversationId) };
  const json = serialise(record) ?? serialise({ ...record, segments: [] });
  return { sink: STORE_SINK, ...ids, subject, reason, json };
}

/** Why an exchange that was tried again stays a dead letter. */
export function whyNotWritten(outcome: CommitOutcome | undefined): string {
  return outcome?.outcome === 'unrecorded' ? outcome.message : 'the store gave no outcome';
}

function serialise(record: ExchangeRecord): string | null {
  try {
    const json = JSON.stringify({ ...record, findings: record.findings.map(keptFinding) });
    return json.length <= MAX_JSON_LENGTH ? json : null;
  } catch {
    return null;
  }
}
