/** What the review API answers and the review page reads. Self-contained, so that the page compiles alone;
 *  times are ISO 8601 in UTC, offsets are UTF-16, tokens count from 0. */

export type Level = 'informational' | 'low' | 'medium' | 'high' | 'critical';
export type Outcome = 'pass' | 'flag' | 'redact' | 'block';
export type Judgement = 'correct' | 'false_alarm' | 'unsure';

/** What a person made of a flagged exchange. */
export interface Review {
  readonly judgement: Judgement;
  readonly comment: string;
  /** The name under which it was given; nobody vouches for it. */
  readonly reviewer: string;
  readonly reviewedAt: string;
}

/** The body of `POST /api/exchanges/:id/review`. */
export interface ReviewRequest {
  /** Null takes back what was said. */
  readonly judgement: Judgement | null;
  readonly comment?: string;
  /** The name to save it under; the server's own where it is left out. */
  readonly reviewer?: string;
  /** `reviewedAt` of the review that the person had before them, null where there was none: another that came in between
   *  is then not overridden, and the answer is 409. */
  readonly seen?: string | null;
}

/** The answer: what stands now. */
export interface ReviewAnswer {
  readonly review: Review | null;
}

export interface RuleRef {
  readonly id: string;
  readonly title: string;
  readonly level: Level;
}

/** A rule that matched in an exchange. */
export interface MatchedRule extends RuleRef {
  /** Whether the outcome is its doing: it redacts, or blocks. */
  readonly hasActed: boolean;
}

/** One line of the list: a flagged exchange and why it is there. */
export interface ExchangeItem {
  readonly exchangeId: string;
  readonly conversationId: string;
  readonly at: string;
  readonly model: string | null;
  readonly route: string;
  readonly outcome: Outcome;
  /** Of the strongest finding. */
  readonly level: Level;
  /** Strongest first, each rule once. */
  readonly rules: readonly MatchedRule[];
  /** Who said what the strongest finding is about. */
  readonly role: string;
  /** Around what the strongest finding is about; of a disguised text what it reads. */
  readonly excerpt: string;
  readonly isDisguised: boolean;
  /** Whether Telltale says this of itself, as when changed rules are refused: it is of no client's exchange. */
  readonly isNotice: boolean;
  readonly review: Review | null;
}

export interface ExchangePage {
  readonly items: readonly ExchangeItem[];
  /** Asks for the page after this one; null when this is the last. */
  readonly nextCursor: string | null;
}

export interface AggregateView {
  readonly kind:
    | 'max'
    | 'mean'
    | 'top_k_mean'
    | 'max_rolling_mean'
    | 'sum'
    | 'count_above'
    | 'ema'
    | 'sustained'
    | 'pair';
  readonly window: number;
}

/** What supports a promised false-alarm rate. */
export interface CalibrationView {
  readonly segments: number;
  readonly traffic: string;
}

export interface ConditionView {
  readonly name: string;
  readonly signal: string;
  /** A second signal that was taken off the first. */
  readonly minus?: string;
  /** Only where the value is that of all segments of the exchange together. */
  readonly per?: 'exchange';
  readonly aggregate: AggregateView;
  readonly value: number;
  readonly threshold: number;
  readonly margin: number;
  readonly rate: number | null;
  readonly rateInterval: readonly [number, number] | null;
  readonly calibration: CalibrationView | null;
  /** -log10 of the share of ordinary segments that score at least so high, where it is known. */
  readonly rarity: number | null;
}

export interface FeatureShareView {
  readonly index: number;
  readonly label: string | null;
  readonly value: number;
  readonly share: number;
}

export interface FindingView {
  readonly ruleId: string;
  /** By which the commands know the rule. */
  readonly ruleName: string;
  readonly ruleTitle: string;
  readonly ruleVersion: number;
  readonly level: Level;
  readonly mode: string;
  readonly action: string;
  /** Whether the outcome of the exchange is this rule's doing. */
  readonly hasActed: boolean;
  readonly tags: readonly string[];
  readonly segmentId: string;
  readonly role: string;
  /** The tool that is called there, or whose result it is; null where none is known. */
  readonly tool: string | null;
  readonly firstToken: number;
  readonly lastToken: number;
  readonly span: { readonly start: number; readonly end: number };
  readonly conditions: readonly ConditionView[];
  readonly features: readonly FeatureShareView[];
  /** The conditions on fields of the exchange that spoke for the match. */
  readonly fields: readonly FieldMatchView[];
  /** Where the rule fired on nothing but what the segment reads without its disguise; else null. */
  readonly disguise: DisguiseView | null;
  /** Where the rule is over the whole exchange: what the finding is made of; else null. */
  readonly parts: PartsView | null;
}

/** A condition on fields that was met. */
export interface FieldMatchView {
  readonly name: string;
  /** As it was written, such as `route startswith "/v1"`. */
  readonly comparison: string;
  /** What the fields that it asks for were; null where one was not known. */
  readonly values: Readonly<Record<string, string | null>>;
}

/** The segments that a finding over a whole exchange is made of. */
export interface PartsView {
  /** How many segments counted. */
  readonly count: number;
  /** The strongest of them, in the order of the exchange. */
  readonly strongest: readonly PartView[];
}

/** What one segment adds, and where in it. */
export interface PartView {
  readonly segmentId: string;
  readonly role: string;
  readonly tool: string | null;
  readonly value: number;
  readonly firstToken: number;
  readonly lastToken: number;
  readonly span: { readonly start: number; readonly end: number };
  /** Whether it counts with what it reads without its disguise. */
  readonly isDisguised: boolean;
}

/** What a disguised text reads. */
export interface DisguiseView {
  /** What was undone: `invisible`, `look_alikes`, `encoded`, `spaced`, `capitals`, `leet`, `cipher`. */
  readonly changes: readonly string[];
  /** What it reads around what gave it away. */
  readonly text: string;
  /** What gave it away, in this text. */
  readonly span: { readonly start: number; readonly end: number };
}

export interface SegmentView {
  readonly segmentId: string;
  readonly role: string;
  readonly target: string;
  readonly text: string;
  readonly tokens: readonly (readonly [start: number, end: number])[];
  /** One value a token for each signal that fired. */
  readonly signals: Readonly<Record<string, readonly number[]>>;
}

export interface CoverageView {
  readonly segmentId: string;
  readonly role: string;
  readonly status: 'scanned' | 'skipped' | 'failed';
  readonly reason: string | null;
  readonly tokens: number;
  readonly bytes: number;
}

/** Everything a person reads of one exchange; `level` is null where nothing was flagged. */
export interface ExchangeView extends Omit<ExchangeItem, 'level'> {
  readonly level: Level | null;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly dialect: string;
  readonly status: number;
  readonly isStreamed: boolean;
  readonly traceId: string | null;
  readonly featuresetDigest: string;
  /** False when it was scored by another featureset than the running one, whose features mean something else. */
  readonly isCurrentFeatureset: boolean;
  readonly findings: readonly FindingView[];
  readonly segments: readonly SegmentView[];
  readonly coverage: readonly CoverageView[];
}

export interface FeatureExampleView {
  readonly text: string;
  readonly spans: readonly { readonly start: number; readonly end: number }[];
  readonly value: number;
}

export interface FeatureView {
  readonly index: number;
  readonly label: string | null;
  readonly labelScore: number | null;
  readonly density: number;
  readonly examples: readonly FeatureExampleView[];
}

/** Counts over all flagged exchanges. */
export interface Summary {
  readonly flagged: number;
  readonly unreviewed: number;
  readonly byLevel: Readonly<Record<Level, number>>;
  /** Rules that matched. */
  readonly rules: number;
  /** The 200 most frequent of them. */
  readonly byRule: readonly (RuleRef & { readonly count: number })[];
  /** Of what rules flagged; what Telltale says of itself is not counted here. */
  readonly byJudgement: Readonly<Record<Judgement, number>>;
  /** Where the gateway listens, for what the empty list suggests to try. */
  readonly gatewayUrl: string;
}

/** The events of `/api/events`, by name. After `behind` the list is to be read again: more arrived at once than
 *  is sent one by one. */
export interface EventPayloads {
  readonly flagged: ExchangeItem;
  readonly reviewed: { readonly exchangeId: string; readonly review: Review | null };
  readonly behind: Record<string, never>;
  /** Nothing happened for a while, and the connection stands. */
  readonly alive: Record<string, never>;
}

/** The body of every answer that is not 2xx. */
export interface ErrorBody {
  readonly error: { readonly code: string; readonly message: string };
}
