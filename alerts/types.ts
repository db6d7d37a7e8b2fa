/** The words of the alerts' face. What leaves the process leaves through the outbox. */

import type { Finding, Level } from '../rules/index.ts';

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

/** Everything that one finished exchange leaves behind; committed in one transaction. */
export interface ExchangeRecord {
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
  readonly findings: readonly Finding[];
  readonly coverage: readonly CoverageEntry[];
  /** Only for exchanges with findings that flag or enforce: what a person will read. */
  readonly segments: readonly SegmentRecord[];
  readonly featuresetDigest: string;
  readonly traceId: string | null;
  /** Whose exchange it was, where the caller said so. */
  readonly tenant?: string | null;
}

/** The durable record of one finding that leaves the process. */
export interface Alert {
  /** sha256 of exchange, rule, version, segment and span: the same twice. */
  readonly id: string;
  readonly exchangeId: string;
  readonly conversationId: string;
  readonly createdAt: string;
  /** What a disguised text reads in it is as the configured `content` lets it out. */
  readonly finding: Finding;
  readonly verdict: Verdict;
  /** The text around the span, at most 200 characters, as the configured `content` lets it out. */
  readonly excerpt: string;
  readonly featuresetDigest: string;
  readonly traceId: string | null;
  readonly reviewPath: string;
  readonly tenant: string | null;
  /** How many alike the sink did not get since the last one it got; only where it groups them. */
  readonly heldBack?: number;
}

/** Why a sink does not get an alert that it could have: it is recorded all the same. */
export type HeldBy = 'route' | 'silence' | 'group' | 'rate_limit';

export type DeliveryOutcome =
  | { readonly outcome: 'delivered' }
  | { readonly outcome: 'retry'; readonly reason: string }
  | { readonly outcome: 'rejected'; readonly reason: string }
  | { readonly outcome: 'held'; readonly by: HeldBy; readonly silence?: string };

/** One destination of alerts. `deliver` never throws: it gives one outcome per alert, in order. Once it asks for a retry
 *  of an alert, it delivers no later one of the same conversation in that call. */
export interface Sink {
  readonly name: string;
  deliver(alerts: readonly Alert[], abortSignal: AbortSignal): Promise<readonly DeliveryOutcome[]>;
  close(): Promise<void>;
}

/** How much of the text leaves the process in an excerpt: `redacted` keeps the first letter of each word. */
export type ExcerptContent = 'none' | 'redacted' | 'full';

/** Why an exchange could not be recorded. */
export type UnrecordedReason =
  | 'disk_full'
  | 'locked'
  | 'unreachable'
  | 'read_only'
  | 'io_error'
  | 'corrupt'
  | 'too_large'
  | 'queue_full'
  | 'timeout'
  | 'closed'
  | 'error';

/** What became of one exchange. `committed` means on disk: synced, so that a power cut does not take it back.
 *  `sampled` means left out on purpose: the store is above its water mark and nothing high or critical was found. */
export type CommitOutcome =
  | { readonly outcome: 'committed'; readonly cursor: number; readonly alertIds: readonly string[] }
  | { readonly outcome: 'sampled'; readonly level: Level | null }
  | { readonly outcome: 'unrecorded'; readonly reason: UnrecordedReason; readonly message: string };

/** Told to listeners after an exchange is on disk. */
export interface Committed {
  readonly exchangeId: string;
  readonly cursor: number;
  /** Whether a person should read it: some finding flags or enforces. */
  readonly isFlagged: boolean;
  readonly alerts: number;
}

export type Judgement = 'correct' | 'false_alarm' | 'unsure';

/** What a person made of a flagged exchange. */
export interface Review {
  readonly exchangeId: string;
  readonly verdict: Judgement;
  readonly comment: string;
  readonly reviewer: string;
  /** ISO 8601, UTC. */
  readonly reviewedAt: string;
}

/** A finding with whose exchange it was in: routes ask for it after the exchange is over. */
export type RecordedFinding = Finding & { readonly tenant?: string };

/** One finding as the store keeps it. `excerpt` is the text as it was: the store does not leave the machine. */
export interface StoredFinding {
  readonly alertId: string;
  readonly finding: RecordedFinding;
  readonly excerpt: string;
}

/** A flagged exchange without its text. */
export interface FlaggedExchange {
  /** Position in the order of commits; `before` of the next page. */
  readonly cursor: number;
  readonly exchangeId: string;
  readonly conversationId: string;
  readonly subject?: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly route: string;
  readonly dialect: string;
  readonly model: string | null;
  readonly status: number;
  readonly isStreamed: boolean;
  readonly verdict: Verdict;
  /** Of the strongest finding that flags or enforces. */
  readonly level: Level;
  readonly featuresetDigest: string;
  readonly traceId: string | null;
  /** Strongest level first; findings of rules in shadow are not among them. */
  readonly findings: readonly StoredFinding[];
  /** The latest. */
  readonly review: Review | null;
}

/** One exchange as the store keeps it, flagged or not. */
export interface StoredExchange extends Omit<FlaggedExchange, 'level'> {
  readonly level: Level | null;
  readonly segments: readonly SegmentRecord[];
  readonly coverage: readonly CoverageEntry[];
}

export interface FlaggedQuery {
  /** At most 200; 50 when left out. */
  readonly limit?: number;
  /** A cursor: only what was committed before it. */
  readonly before?: number;
  /** Id or name of a rule. */
  readonly rule?: string;
  readonly minLevel?: Level;
  readonly state?: 'open' | 'reviewed';
}

export interface NewReview {
  readonly exchangeId: string;
  readonly verdict: Judgement;
  readonly comment: string;
  readonly reviewer: string;
}

export interface RuleCount {
  readonly ruleId: string;
  readonly ruleName: string;
  readonly ruleTitle: string;
  readonly level: Level;
  /** Flagged exchanges in which it matched. */
  readonly count: number;
}

export interface Counts {
  /** Exchanges in the store; those without findings only as far as retention keeps them. */
  readonly exchanges: number;
  readonly flagged: number;
  readonly unreviewed: number;
  readonly byLevel: Readonly<Record<Level, number>>;
  /** Most frequent first. */
  readonly byRule: readonly RuleCount[];
  /** Latest review of each reviewed exchange. */
  readonly byJudgement: Readonly<Record<Judgement, number>>;
}

/** One alert that waits for one sink. */
export interface OutboxItem {
  /** Grows in the order of commits. */
  readonly seq: number;
  readonly alert: Alert;
}

export interface TakeQuery {
  readonly sink: string;
  readonly limit: number;
  /** Conversations to leave where they are. */
  readonly exceptConversations: readonly string[];
}

export interface Settlement {
  readonly sink: string;
  readonly delivered: readonly number[];
  readonly dead: readonly { readonly seq: number; readonly reason: string }[];
}

/** The oldest alerts of a sink that wait, whoever delivers them. */
export interface WaitingQuery {
  readonly sink: string;
  readonly limit: number;
}

/** What was given up: an alert that its sink rejected, or an exchange that the store could not write. */
export interface DeadLetter {
  readonly seq: number;
  /** The sink that rejected it; `store` for an exchange that was not written. */
  readonly sink: string;
  /** Null for an exchange. */
  readonly alertId: string | null;
  readonly exchangeId: string;
  readonly conversationId: string;
  readonly queuedAt: string;
  readonly diedAt: string;
  readonly reason: string;
}

/** Which dead letters; all where neither is given. */
export interface DeadSelection {
  readonly sink?: string;
  readonly seqs?: readonly number[];
}

/** What became of dead letters that were tried again. */
export interface RetriedLetters {
  readonly retried: number;
  /** These stay dead letters. */
  readonly failed: readonly { readonly seq: number; readonly reason: string }[];
}

/** An exchange that cannot be written, as it goes to the dead letters. */
export interface DeadRecord {
  readonly exchangeId: string;
  readonly conversationId: string;
  readonly subject: string | null;
  readonly reason: string;
  /** What could be kept of it, to be tried again; null where nothing could. */
  readonly json: string | null;
}

/** How full the store is. */
export interface StorePressure {
  /** Alerts that wait for a sink, counted once a sink. */
  readonly outboxRows: number;
  /** Bytes in use; free space within the store's files is not counted where the database can tell. */
  readonly bytes: number;
}

/** What is older than its level is kept. */
export interface Expiry {
  /** `rank` is that of the strongest finding, null where nothing was flagged; `before` is ISO 8601. */
  readonly cutoffs: readonly { readonly rank: number | null; readonly before: string }[];
  /** At most so many of each level at once. */
  readonly limit: number;
}

/** What retention removed of one level. */
export interface Expired {
  readonly rank: number | null;
  readonly removed: number;
  readonly hasMore: boolean;
}

/** Whose exchanges are erased. */
export interface EraseSelection {
  readonly by: 'subject' | 'conversation' | 'exchange';
  readonly value: string;
}

/** Rows that an erasure removed. */
export interface ErasedCounts {
  readonly exchanges: number;
  readonly coverage: number;
  readonly segments: number;
  readonly findings: number;
  readonly reviews: number;
  readonly outbox: number;
  readonly deadLetters: number;
}

/** How an erasure made sure. `bytes`: pieces of the removed texts were looked for in every byte of the store's files,
 *  before and after. `rows`: the tables were searched. */
export interface ErasureScan {
  readonly kind: 'bytes' | 'rows';
  /** Files or tables. */
  readonly where: readonly string[];
  /** Pieces, or rows, that were looked for. */
  readonly needles: number;
  readonly foundBefore: number;
  readonly foundAfter: number;
  /** Pieces that stay because a text of somebody else has the same words. */
  readonly shared: number;
}

/** The proof of what an erasure removed. */
export interface Erasure {
  readonly selection: EraseSelection;
  readonly removed: ErasedCounts;
  readonly exchangeIds: readonly string[];
  readonly alertIds: readonly string[];
  readonly scan: ErasureScan;
}

export interface OutboxDepth {
  readonly depth: number;
  /** When the oldest waiting alert was queued, ISO 8601, or null. */
  readonly oldestQueuedAt: string | null;
  readonly dead: number;
}

/** What the relay reads and writes: alerts that are on disk and not yet delivered. */
export interface Outbox {
  /** The oldest waiting alerts of a sink, in the order of commits; they stay until they are settled. */
  take(query: TakeQuery): Promise<readonly OutboxItem[]>;
  /** Removes what was delivered, moves what was rejected to the dead letters; in one transaction. */
  settle(settlement: Settlement): Promise<void>;
  depth(sink: string): Promise<OutboxDepth>;
  /** Called after each commit; gives the function that ends it. */
  onCommitted(listener: (committed: Committed) => void): () => void;
}

/** What a person reads and works off by hand. */
export interface OutboxDesk {
  /** Reads only: no relay is kept from them. */
  waiting(query: WaitingQuery): Promise<readonly OutboxItem[]>;
  /** Oldest first. */
  deadLetters(query: DeadSelection & { readonly limit: number }): Promise<readonly DeadLetter[]>;
  /** Puts alerts back into the outbox, behind what waits, and writes exchanges again. */
  retryDead(selection: DeadSelection): Promise<RetriedLetters>;
  /** @returns how many are gone */
  dropDead(selection: DeadSelection): Promise<number>;
}

/** What the review reads and writes. */
export interface ReviewStore {
  /** Newest first. */
  listFlagged(query?: FlaggedQuery): Promise<readonly FlaggedExchange[]>;
  readExchange(exchangeId: string): Promise<StoredExchange | null>;
  /** Null when there is no such exchange. Earlier reviews stay in the store. */
  saveReview(review: NewReview): Promise<Review | null>;
  counts(): Promise<Counts>;
  onCommitted(listener: (committed: Committed) => void): () => void;
}

/** What the store does by itself, with nobody who waits for it: whoever misses it is told by a count alone.
 *  retention: removing what is too old; pressure: measuring how full it is; bury: putting an exchange to the dead
 *  letters; leases and news: between the replicas of one database. */
export type StoreTask = 'retention' | 'pressure' | 'bury' | 'leases' | 'news';

export interface LedgerStats {
  readonly committed: number;
  readonly unrecorded: Readonly<Partial<Record<UnrecordedReason, number>>>;
  /** Exchanges that wait for the disk now. */
  readonly queued: number;
  readonly transactions: number;
  /** Left out above the water mark, by the level of their strongest finding; `none` where nothing was flagged. */
  readonly sampled: Readonly<Partial<Record<Level | 'none', number>>>;
  /** Removed because they were older than their level is kept. */
  readonly expired: Readonly<Partial<Record<Level | 'none', number>>>;
  /** Whether the store is above a water mark now. */
  readonly isAboveMark: boolean;
  /** As last measured; null before the first time. */
  readonly pressure: StorePressure | null;
  /** Exchanges that went to the dead letters. */
  readonly buried: number;
  /** How often something failed that is tried again by itself, or given up. */
  readonly failures: Readonly<Record<StoreTask, number>>;
  /** Listeners that threw. */
  readonly listenerErrors: number;
}

/** The store of exchanges, findings and alerts. */
export interface Ledger extends Outbox, OutboxDesk, ReviewStore {
  /** Records one exchange: everything or nothing, never throws. The same exchange twice is recorded once. */
  commit(record: ExchangeRecord): Promise<CommitOutcome>;
  stats(): LedgerStats;
  /** Removes all that the store holds of a subject, a conversation or an exchange, and makes sure that it is gone. */
  erase(selection: EraseSelection): Promise<Erasure>;
  /** Writes what waits, then closes the database. */
  close(): Promise<void>;
}
