import type { DatabaseSync } from 'node:sqlite';
import type { Finding } from '../../rules/index.ts';
import { FINDING_COLUMNS, type FindingRow, WITHDRAWN } from '../stored-rows.ts';
import type { CoverageEntry, Judgement, Review, SegmentRecord, StoredFinding } from '../types.ts';

/** What hangs on one exchange, by its number. */
export interface Parts {
  findings(exchangeSeq: number): readonly StoredFinding[];
  segments(exchangeSeq: number): readonly SegmentRecord[];
  coverage(exchangeSeq: number): readonly CoverageEntry[];
  review(exchangeSeq: number, exchangeId: string): Review | null;
}

const FINDINGS = `SELECT ${FINDING_COLUMNS} FROM findings f
  WHERE exchange_seq = ? AND is_alerting = 1 ORDER BY level_rank DESC, seq`;

const SEGMENTS = `SELECT segment_id AS segmentId, role, target, text, tokens, signals FROM segments
  WHERE exchange_seq = ? ORDER BY position`;

const REVIEW = `SELECT verdict, comment, reviewer, reviewed_at AS reviewedAt FROM reviews
  WHERE exchange_seq = ? ORDER BY seq DESC LIMIT 1`;

interface SegmentRow {
  readonly segmentId: string;
  readonly role: string;
  readonly target: string;
  readonly text: string;
  readonly tokens: string;
  readonly signals: string;
}

interface ReviewRow {
  readonly verdict: Judgement | typeof WITHDRAWN;
  readonly comment: string;
  readonly reviewer: string;
  readonly reviewedAt: string;
}

/** Prepares the queries of one connection. */
export function createParts(database: DatabaseSync): Parts {
  const findings = database.prepare(FINDINGS);
  const segments = database.prepare(SEGMENTS);
  const coverage = database.prepare('SELECT entries FROM coverage WHERE exchange_seq = ?');
  const review = database.prepare(REVIEW);
  return {
    findings: (seq) => (findings.all(seq) as unknown as FindingRow[]).map(parseFinding),
    segments: (seq) => (segments.all(seq) as unknown as SegmentRow[]).map(parseSegment),
    coverage: (seq) => JSON.parse(String(coverage.get(seq)?.['entries'] ?? '[]')) as CoverageEntry[],
    review: (seq, exchangeId) => {
      const row = review.get(seq) as unknown as ReviewRow | undefined;
      return reviewOf(exchangeId, row);
    },
  };
}

function reviewOf(exchangeId: string, row: ReviewRow | undefined): Review | null {
  if (row === undefined || row.verdict === WITHDRAWN) return null;
  return { exchangeId, ...row, verdict: row.verdict };
}

/** Reads the JSON in a finding's row. */
export function parseFinding({ alertId, excerpt, finding }: FindingRow): StoredFinding {
  return { alertId, excerpt, finding: JSON.parse(finding) as Finding };
}

function parseSegment({ tokens, signals, ...rest }: SegmentRow): SegmentRecord {
  return {
    ...rest,
    tokens: JSON.parse(tokens) as SegmentRecord['tokens'],
    signals: JSON.parse(signals) as SegmentRecord['signals'],
  };
}
