import { FIELD_NAMES, type Fields } from '../fields/fields.ts';
import type { Finding } from '../types.ts';

/** What correlations and alerts may be grouped by: the fields of rules, the exchange, and the rule of the finding. */
export const EVENT_FIELD_NAMES = [...FIELD_NAMES, 'exchange', 'rule'] as const;

export type EventFieldName = (typeof EVENT_FIELD_NAMES)[number];

/** Fields of the segment and the exchange that a finding is of. What is not known is a value of its own: events that all
 *  lack a field are one group. */
export type EventFields = Fields & { readonly exchange?: string | null };

/** A finding with what correlations ask of it. */
export interface Observed {
  readonly finding: Finding;
  /** Milliseconds since 1970. Of one group time does not go back: an earlier event counts as at the latest one. */
  readonly at: number;
  readonly fields: EventFields;
  /** The same for the same words at the same place of one conversation, which later requests send again: they count once
   *  within a timespan. Null counts always. */
  readonly fingerprint: string | null;
  /** Whom the exchange is about, as the store has it; absent where that is not known. No rule can ask for it. */
  readonly subject?: string | undefined;
}

/** An event that counts. */
export interface KeptEvent {
  readonly ruleId: string;
  readonly at: number;
  /** Of a `value_count` the value that counts. */
  readonly value: string | null;
  readonly exchange: string | null;
}

/** What a correlation remembers of one group. */
export interface CorrelationGroup {
  readonly latest: number;
  readonly events: readonly KeptEvent[];
  /** Of a `temporal_ordered`: for each length the way through its first rules that began last. */
  readonly chains: readonly (readonly KeptEvent[])[];
  /** When a rule under `unless` had its last event. */
  readonly negatedAt: number | null;
  readonly seen: readonly { readonly fingerprint: string; readonly at: number }[];
}

/** What came together in a group, and waits for what must not follow; or what has come in a window that is open. */
export interface Waiting {
  /** The correlation's key. */
  readonly correlation: string;
  readonly group: string;
  /** When it fires. */
  readonly due: number;
  /** How many events made it, and the last of them. */
  readonly count: number;
  readonly events: readonly KeptEvent[];
  /** The fields of the last of them, and where that was found. */
  readonly fields: EventFields;
  readonly place: FindingPlace;
  /** Whom the last of them is about. */
  readonly subject?: string | undefined;
}

/** Where a finding is. */
export type FindingPlace = Pick<Finding, 'segment' | 'firstToken' | 'lastToken' | 'span'>;

/** What the alerts of a rule remember of one group. */
export interface AlertGroup {
  readonly start: number;
  /** Findings since the window began. */
  readonly findings: number;
  /** Held back since the last alert. */
  readonly heldBack: number;
}

/** Groups by their key, the one that was quiet longest first. */
export type Groups<G> = ReadonlyMap<string, G>;

/** What correlations and alerts remember. A state never changes: `observeEvents` gives a new one. */
export interface EventState {
  /** By the key of the correlation: what it means, so that a changed one begins anew. */
  readonly correlations: ReadonlyMap<string, Groups<CorrelationGroup>>;
  readonly alerts: ReadonlyMap<string, Groups<AlertGroup>>;
  /** The one that is due first, first. */
  readonly waiting: readonly Waiting[];
}

/** What came of some findings. */
export interface EventStep {
  readonly state: EventState;
  /** The findings, marked where their rule groups alerts, then those of correlations. */
  readonly findings: readonly Finding[];
  /** Findings of correlations that fired because time has passed, and those that these made: of no exchange that was
   *  observed. In the order of their times. */
  readonly late: readonly Observed[];
  /** Findings that were held back, by name of the rule. */
  readonly heldBack: ReadonlyMap<string, number>;
  /** Groups that were given up for newer ones before their time was over, and what waited and was. */
  readonly evicted: number;
  /** Words that a group remembered no longer than it had room for them: sent again, they count again. */
  readonly forgotten: number;
}
