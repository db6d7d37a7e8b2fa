import type { Finding } from '../../rules/index.ts';
import type { FindingRow } from '../stored-rows.ts';
import type { StoredFinding } from '../types.ts';
import { textFromColumn } from './text.ts';

/** Reads the JSON in a finding's row. */
export function parseFinding({ alertId, excerpt, finding }: FindingRow): StoredFinding {
  return { alertId, excerpt: textFromColumn(excerpt), finding: JSON.parse(finding) as Finding };
}
