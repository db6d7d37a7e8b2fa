import { keptFinding } from './alert.ts';
import type { CommitOutcome, DeadRecord, ExchangeRecord } from './types.ts';

/** The name under which exchanges that could not be written stand among the dead letters; no sink may have it. */
export const STORE_SINK = 'store';

/** The name under which exchanges stand that wait to be scored elsewhere, or could not be; no sink may have it. */
export const SCORING_SINK = 'scoring';

/** A record longer than so many characters of JSON is kept without its texts, so that what could not be written does not
 *  fill the store. */
const MAX_JSON_LENGTH = 1024 * 1024;

const WITHOUT_TEXTS = '; without its texts (';

/** What can be kept of an exchange that the store could not write: all of it, or all but its texts, which the reason then
 *  says, or its head alone. */
export function deadRecordOf(record: ExchangeRecord, reason: string): DeadRecord {
  const { exchangeId, conversationId, subject = null } = record;
  const ids = { exchangeId: String(exchangeId), conversationId: String(conversationId) };
  const head = { sink: STORE_SINK, ...ids, subject };
  const json = serialise(record);
  if (json !== null && json.length <= MAX_JSON_LENGTH) return { ...head, reason, json };
  const rest = serialise({ ...record, segments: [] });
  if (rest === null || rest.length > MAX_JSON_LENGTH) return { ...head, reason, json: null };
  const why = json === null ? 'they are no JSON' : `${json.length} characters, more than ${MAX_JSON_LENGTH}`;
  return { ...head, reason: `${reason}${WITHOUT_TEXTS}${why})`, json: rest };
}

/** Whether an exchange among the dead letters has lost its texts. */
export function isWithoutTexts({ sink, reason }: Pick<DeadRecord, 'sink' | 'reason'>): boolean {
  return sink === STORE_SINK && reason.includes(WITHOUT_TEXTS);
}

/** Why an exchange that was tried again stays a dead letter. */
export function whyNotWritten(outcome: CommitOutcome | undefined): string {
  return outcome?.outcome === 'unrecorded' ? outcome.message : 'the store gave no outcome';
}

function serialise(record: ExchangeRecord): string | null {
  try {
    return JSON.stringify({ ...record, findings: record.findings.map(keptFinding) });
  } catch {
    return null;
  }
}
