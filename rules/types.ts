/** The words of the rules' face. Rules turn signals into findings; evaluation is pure. */

import type {
  Activations,
  Aggregate,
  LanguageOf,
  ReadableView,
  Role,
  SignalId,
  TokenSpan,
} from '../detectors/index.ts';
import type { FieldName, Fields } from './fields/fields.ts';

export type Level = 'informational' | 'low' | 'medium' | 'high' | 'critical';
export type Mode = 'off' | 'shadow' | 'flag' | 'enforce';
export type Action = 'flag' | 'redact' | 'block';
export type Target = 'input' | 'output' | 'system' | 'tool_call' | 'tool_result' | 'any';

/** Where a segment stands in its exchange. */
export interface SegmentRef {
  /** Unique in the exchange, for example `request/messages/2/content`. */
  readonly id: string;
  readonly target: Exclude<Target, 'any'>;
  readonly role: Role;
  /** JSON pointer into the body it came from. */
  readonly pointer: string;
  readonly choice: number | null;
  /** Name of the tool that is called, or whose result it is; null or absent where there is none. */
  readonly tool?: string | null;
  /** Of its text; null where that tells none, absent where nobody looked. */
  readonly language?: string | null;
}

/** How a condition's token values become one: an aggregate of the detectors', or one of the rules' own. `window` is in
 *  tokens; `sustained` is what `for` asks, `pair` what `then` asks: the lesser of two margins. */
export interface ConditionAggregate {
  readonly kind: Aggregate['kind'] | 'sum' | 'count_above' | 'ema' | 'sustained' | 'pair';
  readonly window: number;
}

/** One condition of a rule that was met, with the numbers behind it. Of a `then` there are two, for the two tokens. */
export interface ConditionResult {
  readonly name: string;
  readonly signal: SignalId;
  /** A second signal that was taken off the first; absent where there is none. */
  readonly minus?: SignalId;
  readonly aggregate: ConditionAggregate;
  /** Present where the value is that of all segments of the exchange that the rule reads. */
  readonly per?: 'exchange';
  readonly value: number;
  readonly threshold: number;
  /** value - threshold */
  readonly margin: number;
  /** The promised false-alarm rate, where the rule gave one. */
  readonly rate: number | null;
  readonly rateInterval: readonly [number, number] | null;
}

/** A condition on fields that spoke for a match. */
export interface FieldMatch {
  readonly name: string;
  /** The comparison as it was written, such as `route startswith "/v1"`. */
  readonly comparison: string;
  readonly values: Fields;
}

export interface FeatureShare {
  readonly index: number;
  readonly label: string | null;
  /** Mean activation over the finding's span. */
  readonly value: number;
  /** Its part of the signal's value over the span, 0 to 1; all shares of positive contributions sum to 1. */
  readonly share: number;
}

/** What a disguised text reads where a rule fired on that alone. */
export interface ViewMatch {
  /** What was undone. */
  readonly changes: ReadableView['changes'];
  /** What it reads there, at most 400 UTF-16 units, with `…` where it was cut. */
  readonly text: string;
  /** What gave it away, in this text. */
  readonly span: TokenSpan;
}

/** A rule that matched in one segment. */
export interface Finding {
  readonly ruleId: string;
  readonly ruleName: string;
  readonly ruleTitle: string;
  readonly ruleVersion: number;
  readonly ruleSetDigest: string;
  readonly level: Level;
  readonly mode: Mode;
  readonly action: Action;
  readonly tags: readonly string[];
  readonly segment: SegmentRef;
  /** The tokens that gave it away. */
  readonly firstToken: number;
  readonly lastToken: number;
  /** Their UTF-16 offsets in the segment's text. */
  readonly span: TokenSpan;
  readonly conditions: readonly ConditionResult[];
  readonly features: readonly FeatureShare[];
  /** Present where some condition on fields spoke for the match. */
  readonly fields?: readonly FieldMatch[];
  /** Present where the rule fired on nothing but what the segment reads without its disguise. */
  readonly view?: ViewMatch;
  /** Present in findings over a whole exchange: what it was made of. Segment and span are those of its strongest part. */
  readonly exchange?: ExchangeMatch;
  /** Present where the rule groups its alerts. */
  readonly alert?: AlertMark;
  /** Present in findings of correlations: what came together. Segment and span are those of the last event. */
  readonly correlation?: CorrelationMatch;
}

/** The segments that a finding over a whole exchange is made of. */
export interface ExchangeMatch {
  /** How many segments counted. */
  readonly count: number;
  /** The strongest of them, in the order of the exchange. */
  readonly segments: readonly ExchangeSegment[];
}

/** What one segment adds to a finding over a whole exchange. */
export interface ExchangeSegment {
  readonly segment: SegmentRef;
  /** Of the segment alone, by the first condition over the exchange that is met, and the tokens behind it. */
  readonly value: number;
  readonly firstToken: number;
  readonly lastToken: number;
  readonly span: TokenSpan;
  /** Present where it counts with what it reads without its disguise: tokens and span are the run that hid that. */
  readonly changes?: ViewMatch['changes'];
}

/** What the grouping of a rule's alerts made of a finding. */
export interface AlertMark {
  /** Recorded, but no alert. */
  readonly isHeldBack: boolean;
  /** Findings of the group that were held back since its last alert, this one included. */
  readonly heldBack: number;
  readonly group: Readonly<Record<string, string | null>>;
}

/** The events that made a correlation fire. */
export interface CorrelationMatch {
  readonly type: CorrelationSummary['type'];
  readonly group: Readonly<Record<string, string | null>>;
  readonly timespanMs: number;
  /** How many events, and the last of them. */
  readonly count: number;
  readonly events: readonly {
    readonly ruleId: string;
    readonly exchangeId: string | null;
    /** Milliseconds since 1970. */
    readonly at: number;
  }[];
}

export interface RuleProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly severity: 'error' | 'warning';
  /** The whole line it stands on, for people; empty where there is none. */
  readonly sourceLine: string;
}

export interface RuleSummary {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly level: Level;
  readonly mode: Mode;
  readonly action: Action;
  readonly target: Target;
  readonly file: string;
}

/** A correlation, as lists show it. */
export interface CorrelationSummary {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly level: Level;
  readonly mode: Exclude<Mode, 'enforce'>;
  readonly type: 'event_count' | 'value_count' | 'temporal' | 'temporal_ordered';
  readonly file: string;
}

/** Compiled rules. `signals` is the union that the detector must compute. */
export interface RuleSet {
  readonly digest: string;
  readonly rules: readonly RuleSummary[];
  readonly correlations: readonly CorrelationSummary[];
  readonly signals: readonly SignalId[];
  readonly warnings: readonly RuleProblem[];
  /** Whether some rule that is not off has a condition over the whole exchange. */
  readonly judgesExchanges: boolean;
  /** Tells the language of a segment; null where no rule and no correlation asks for it. */
  readonly languageOf: LanguageOf | null;
  /** Whether some enforcing rule reads segments of this target. */
  enforces(target: Exclude<Target, 'any'>): boolean;
  /** The signals that rules on this target read; empty when none does. With fields, of those rules alone that can fire
   *  where the fields are as given. */
  signalsFor(target: Exclude<Target, 'any'>, fields?: Fields): readonly SignalId[];
}

/** Immutable evaluation state of one segment. */
export interface SegmentState {
  readonly segment: SegmentRef;
  readonly tokens: number;
}

export interface Advance {
  readonly state: SegmentState;
  /** Rules that matched for the first time in this segment with these activations. */
  readonly findings: readonly Finding[];
}

export interface Finish extends Advance {
  /** Every rule that matched in this segment, with the values and spans of the whole segment: what is recorded.
   *  The rules are those of all `findings`, whose numbers are those at the token that decided. */
  readonly settled: readonly Finding[];
}

export type LoadResult =
  | { readonly ok: true; readonly ruleSet: RuleSet }
  | { readonly ok: false; readonly problems: readonly RuleProblem[] };

export type { Activations, FieldName, Fields };
