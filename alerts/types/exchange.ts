/** What one finished exchange leaves behind. */

import type { Finding } from '../../rules/index.ts';

/** Why a segment was not scanned. */
export type UnscannedReason =
  | 'image'
  | 'audio'
  | 'file'
  | 'token_array'
  | 'over_cap'
  | 'unknown_dialect'
  | 'unknown_part'
  | 'unknown_encoding'
  | 'bad_json'
  | 'duplicate_key'
  | 'bad_shape'
  | 'bad_utf8'
  | 'bad_sse'
  | 'depth'
  | 'timeout'
  | 'queue_full'
  | 'worker_died'
  | 'non_finite'
  | 'client_gone'
  | 'upstream_cut'
  | 'no_rules'
  | 'error';

/** What was scanned of one exchange, segment by segment. */
export interface CoverageEntry {
  readonly segmentId: string;
  readonly pointer: string;
  readonly role: string;
  readonly choice: number | null;
  readonly status: 'scanned' | 'skipped' | 'failed';
  readonly reason: UnscannedReason | null;
  /** Tokens read; of a disguised text those of both readings. */
  readonly tokens: number;
  readonly bytes: number;
}

export type Verdict = 'pass' | 'flag' | 'redact' | 'block';

export interface SegmentRecord {
  readonly segmentId: string;
  readonly role: string;
  readonly target: string;
  readonly text: string;
  /** Per signal that fired: one value a token, rounded to 4 digits, and the tokens' UTF-16 offsets. */
  readonly tokens: readonly (readonly [start: number, end: number])[];
  readonly signals: Readonly<Record<string, readonly number[]>>;
}

/** An exchange without what was found and read in it. */
export interface ExchangeHead {
  readonly exchangeId: string;
  readonly conversationId: string;
  /** Whom the exchange is about, as the caller named its user, hashed; by it everything of one person is erased. */
  readonly subject?: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly route: string;
  readonly dialect: string;
  readonly model: string | null;
  readonly status: number;
  readonly isStreamed: boolean;
  readonly verdict: Verdict;
  readonly featuresetDigest: string;
  readonly traceId: string | null;
}

/** Everything that one finished exchange leaves behind; committed in one transaction. */
export interface ExchangeRecord extends ExchangeHead {
  readonly findings: readonly Finding[];
  readonly coverage: readonly CoverageEntry[];
  /** Only for exchanges with findings that flag or enforce: what a person will read. */
  readonly segments: readonly SegmentRecord[];
  /** Whose exchange it was, where the caller said so. */
  readonly tenant?: string | null;
  /** Who sent it: a name that a trusted hop gave, or a keyed hash of an API key. */
  readonly caller?: string | null;
}
