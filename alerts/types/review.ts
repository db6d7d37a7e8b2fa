/** What a person reads and judges. */

import type { Finding, Level } from '../../rules/index.ts';
import type { Committed } from './commit.ts';
import type { CoverageEntry, ExchangeHead, SegmentRecord, Verdict } from './exchange.ts';

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
export type RecordedFinding = Finding & { readonly tenant?: string; readonly caller?: string };

/** One finding as the store keeps it. `excerpt` is the text as it was: the store does not leave the machine. Of a rule in
 *  shadow `view` has no text. */
export interface StoredFinding {
  readonly alertId: string;
  readonly finding: RecordedFinding;
  readonly excerpt: string;
}

/** A flagged exchange without its text. */
export interface FlaggedExchange extends ExchangeHead {
  /** Position in the order of commits; `before` of the next page. */
  readonly cursor: number;
  /** Of the strongest finding that flags or enforces. */
  readonly level: Level;
  /** Strongest level first; findings of rules in shadow are not among them. */
  readonly findings: readonly StoredFinding[];
  /** The latest; null where there is none, or it was taken back. */
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
  /** What became of it. */
  readonly verdict?: Verdict;
  /** Only exchanges of this conversation. */
  readonly conversationId?: string;
  /** Words that stand so in an excerpt, whatever the case of letters from a to z, or the id of an exchange, a conversation
   *  or a trace. */
  readonly words?: string;
  /** Words are looked for in so many of the newest flagged exchanges before `before`, since reading all of them would keep
   *  commits waiting; 5,000 when left out. */
  readonly searchNewest?: number;
}

export interface NewReview {
  readonly exchangeId: string;
  /** Null takes back what was said. */
  readonly verdict: Judgement | null;
  readonly comment: string;
  readonly reviewer: string;
  /** `reviewedAt` of the review that the person had before them, null where there was none: what somebody else said
   *  meanwhile is not overridden unseen. Left out, it is saved whatever stands. */
  readonly seen?: string | null;
}

/** What became of a review, with the one that stands now. */
export type SavedReview =
  | { readonly outcome: 'saved'; readonly review: Review | null }
  /** Not saved, since another came in between. */
  | { readonly outcome: 'overtaken'; readonly review: Review | null }
  /** Not saved, since no rule flagged the exchange: there is nothing to judge. */
  | { readonly outcome: 'not_flagged' }
  | { readonly outcome: 'unknown_exchange' };

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
  /** Rules that matched in flagged exchanges. */
  readonly rules: number;
  /** The 200 most frequent of them, most frequent first. */
  readonly byRule: readonly RuleCount[];
  /** Latest review of each flagged exchange that has one; what Telltale says of itself, where no rule is judged, is not
   *  among them. */
  readonly byJudgement: Readonly<Record<Judgement, number>>;
}

/** What the review reads and writes. */
export interface ReviewStore {
  /** Newest first. */
  listFlagged(query?: FlaggedQuery): Promise<readonly FlaggedExchange[]>;
  readExchange(exchangeId: string): Promise<StoredExchange | null>;
  /** Those of some exchanges that are in the store. */
  known(exchangeIds: readonly string[]): Promise<readonly string[]>;
  /** Earlier reviews stay in the store, those that were taken back too. */
  saveReview(review: NewReview): Promise<SavedReview>;
  counts(): Promise<Counts>;
  onCommitted(listener: (committed: Committed) => void): () => void;
}
