/** The words of the telemetry's face: what the gateway reports while it works.
 *  No call here throws, blocks or carries message content; every call is cheap enough for the hot path. */

import type { UnscannedReason, Verdict } from '../../alerts/index.ts';
import type { Finding } from '../../rules/index.ts';
import type { GaugeReading } from './readings.ts';
import type { ExchangeContent } from './span-content.ts';
import type { TraceContextHeaders } from './trace-context.ts';

/** What is known of an exchange when it begins. */
export interface ExchangeStart {
  readonly exchangeId: string;
  /** The route's pattern, for example `/v1/chat/completions`, or `unknown`; never a raw path. */
  readonly route: string;
  readonly method: string;
  /** `openai-chat`, or `none` where no dialect reads the route. */
  readonly dialect: string;
  /** `gen_ai.operation.name` and `gen_ai.provider.name`; null where no dialect reads the route. */
  readonly words: { readonly operation: string; readonly provider: string } | null;
  /** W3C trace context of the caller, as it came. */
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
}

/** What the body told. */
export interface ExchangeDetail {
  readonly conversationId: string;
  readonly model: string | null;
  readonly isStreamed: boolean;
  /** Whom it is about, hashed: for the store alone, telemetry does not tell it. */
  readonly subject?: string;
}

/** How an exchange ended. */
export interface ExchangeEnd {
  /** HTTP status that the client got; 499 where the client left before a status was sent. */
  readonly status: number;
  /** `unscored`: the exchange is scored elsewhere. */
  readonly verdict: Verdict | 'unscored';
  /** Null where all went well, else what went wrong first. */
  readonly error: ExchangeError | null;
  /** The provider's id of the answer; null where it gave none. */
  readonly responseId: string | null;
  readonly responseModel: string | null;
  readonly finishReasons: readonly string[];
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number } | null;
  /** Tokens that the reader scored. */
  readonly tokensScored: number;
  /** Milliseconds from the request's first byte to the answer's first byte to the client; null where none was sent. */
  readonly firstByteMs: number | null;
  /** Milliseconds in which the gateway waited neither for the client nor for the upstream. */
  readonly addedMs: number;
  /** What scoring took; null where the exchange is scored elsewhere. */
  readonly scoring: ExchangeScoring | null;
  /** The exchange's text or where it can be read, as the configuration lets it into traces; else null. */
  readonly content: ExchangeContent | null;
}

/** What scoring one side of an exchange took. */
export interface SideScoring {
  readonly tokens: number;
  /** Of these the ones whose scores were remembered. */
  readonly tokensRecalled: number;
  /** The longest that one block of tokens waited for a batch of the reader. */
  readonly longestWaitMs: number;
}

/** What scoring an exchange took. */
export interface ExchangeScoring {
  readonly request: SideScoring;
  readonly response: SideScoring;
  /** Rules that were not off. */
  readonly rules: number;
  readonly findings: number;
  /** Time in the rules, while text was scored. */
  readonly rulesMs: number;
}

/** Why an exchange did not go as the client asked. */
export type ExchangeError =
  | 'bad_request'
  | 'body_too_large'
  | 'unknown_path'
  | 'overloaded'
  | 'upstream_refused'
  | 'upstream_timeout'
  | 'upstream_cut'
  | 'client_gone'
  | 'unscannable'
  | 'unrecorded'
  | 'stopping'
  | 'internal';

/** Moments of an exchange that become span events. */
export type ExchangeEvent =
  | 'request_read'
  | 'request_scanned'
  | 'upstream_started'
  | 'upstream_first_byte'
  | 'upstream_ended'
  | 'response_scanned'
  | 'judging'
  | 'committing'
  | 'committed'
  | 'blocked'
  | 'client_gone';

/** One exchange under observation; `end` is called once, whatever happened. */
export interface ExchangeSpan {
  /** 32 hexadecimal digits, or null where nothing is traced. */
  readonly traceId: string | null;
  /** What the upstream is told of the trace, once it is chosen: `traceparent`, and `tracestate` where there is one. Null
   *  where nothing is traced. */
  upstreamContext(): TraceContextHeaders | null;
  detail(detail: ExchangeDetail): void;
  /** Host and port of the upstream, once it is chosen. */
  upstream(host: string): void;
  event(event: ExchangeEvent): void;
  /** Becomes `gen_ai.evaluation.result`. */
  finding(finding: Finding): void;
  end(end: ExchangeEnd): void;
}

/** A policy that was used because the normal way was not open. */
export interface PolicyUse {
  readonly policy: 'on_unscannable' | 'on_unrecorded' | 'on_unknown_path';
  readonly decision: 'pass' | 'block';
}

/** What became of an exchange that came to a worker; `sampled`: scored and left out, above a water mark. */
export type WorkOutcome = 'scored' | 'sampled' | 'duplicate' | 'dead';

/** Traces and metrics of the gateway. */
export interface Telemetry {
  startExchange(start: ExchangeStart): ExchangeSpan;
  /** One segment, or one part of a body, that was not scanned. */
  recordUnscanned(reason: UnscannedReason): void;
  /** Segments that were scanned. */
  recordScanned(count: number): void;
  recordPolicyUse(use: PolicyUse): void;
  /** Counted once per exchange by `ExchangeSpan.end`; this one is for errors outside of an exchange. */
  recordError(error: ExchangeError): void;
  /** The store refused an exchange's record. */
  recordUnrecorded(): void;
  /** A finding of no exchange that is under observation: what a correlation found because time has passed, or what a
   *  worker found. */
  recordFinding(finding: Finding): void;
  recordRuleReload(outcome: 'loaded' | 'refused'): void;
  /** Findings that became no alert, since their rule groups alerts. */
  recordHeldBack(rule: string, count: number): void;
  /** Groups of correlations or alerts that were given up for newer ones. */
  recordEvictedGroups(count: number): void;
  /** Words that a group of a correlation had no room to remember. */
  recordForgottenWords(count: number): void;
  /** Somebody who is not trusted said whose a request is. */
  recordIgnoredHeader(header: 'caller' | 'tenant'): void;
  /** A threshold whose live rate is not the promised one, and what became of the alert; `held_back`: one was raised
   *  within the window. */
  recordDriftAlert(
    direction: 'above' | 'below',
    outcome: 'raised' | 'held_back' | 'sampled' | 'unrecorded',
  ): void;
  /** An exchange that came to a worker.
   *  @param delayMs - from its end at the gateway until what was found was on disk; of `scored` alone */
  recordWork(outcome: WorkOutcome, delayMs: number): void;
  /** Read whenever metrics are collected. */
  observeGauges(read: () => GaugeReading): void;
  /** All metrics in Prometheus' text format, or in OpenMetrics' with exemplars. */
  metricsText(format?: 'prometheus' | 'openmetrics'): Promise<string>;
  /** Sends what is pending, within the deadline. */
  close(): Promise<void>;
}
