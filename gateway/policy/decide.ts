import type { UnscannedReason, Verdict } from '../../alerts/index.ts';
import { type Finding, isActing, type RuleSet, type SegmentRef } from '../../rules/index.ts';
import type { Config } from '../config/schema.ts';
import type { ScannedSegment } from '../scanning/exchange-scan.ts';
import type { PolicyUse } from '../telemetry/types.ts';

/** What a decision asks of a segment. */
export interface CoveredSegment extends Pick<ScannedSegment, 'ref'> {
  readonly coverage: Pick<ScannedSegment['coverage'], 'status' | 'reason'>;
}

/** What policy makes of what was found, and of what could not be read. */
export interface Decision {
  readonly verdict: Verdict;
  /** Null unless the verdict is `block`. */
  readonly because: 'rule' | 'unscannable' | null;
  /** Names of the rules that acted. */
  readonly rules: readonly string[];
  /** What could not be read and must be, therefore. */
  readonly unread: readonly Unread[];
  /** How often policy had to speak for text that could not be read. */
  readonly uses: readonly PolicyUse[];
}

/** Text that was not read. */
export interface Unread {
  readonly pointer: string;
  readonly reason: UnscannedReason;
}

export interface DecisionParts {
  readonly ruleSet: RuleSet;
  readonly policy: Config['policy'];
}

/** Nothing was there to be read, or nobody asked for it. */
const NO_MATTER: ReadonlySet<UnscannedReason> = new Set(['no_rules', 'client_gone', 'upstream_cut']);

/** Where no rule reads anything there is nothing to decide. */
export const NOTHING_READ: Decision = { verdict: 'pass', because: null, rules: [], unread: [], uses: [] };

/** Pure: the same findings and coverage give the same decision. */
export function decide(
  findings: readonly Finding[],
  segments: readonly CoveredSegment[],
  parts: DecisionParts,
): Decision {
  const acting = findings.filter(
    (finding) => isActing(finding) && placesOf(finding).some((segment) => mayAct(segment, parts)),
  );
  const unread = segments.flatMap((segment) => unreadOf(segment, parts));
  const uses = unread.map(({ decision }): PolicyUse => ({ policy: 'on_unscannable', decision }));
  const none = { because: null, rules: [], unread: [], uses };
  const blocking = acting.filter(({ action }) => action === 'block');
  if (blocking.length > 0) return { ...none, verdict: 'block', because: 'rule', rules: namesOf(blocking) };
  const refused = unread.filter(({ decision }) => decision === 'block');
  if (refused.length > 0) return { ...none, verdict: 'block', because: 'unscannable', unread: refused };
  if (acting.length > 0) return { ...none, verdict: 'redact', rules: namesOf(acting) };
  const isFlagged = findings.some(({ mode }) => mode === 'flag' || mode === 'enforce');
  return { ...none, verdict: isFlagged ? 'flag' : 'pass' };
}

/** The same where something that had to be taken out could not be: what is not redacted must not pass. */
export function blockInstead(decision: Decision): Decision {
  return { ...decision, verdict: 'block', because: 'rule' };
}

/** The same where its verdict came too late to be carried out. */
export function tooLate(decision: Decision): Decision {
  const acts = decision.verdict === 'block' || decision.verdict === 'redact';
  return acts ? { ...decision, verdict: 'flag', because: null } : decision;
}

export function isOfRequest({ id }: SegmentRef): boolean {
  return id.startsWith('request');
}

export function isOfAnswer(ref: SegmentRef): boolean {
  return !isOfRequest(ref);
}

/** Requests go on untouched where policy only observes them. */
function mayAct(ref: SegmentRef, { policy }: DecisionParts): boolean {
  return policy.request_verdict !== 'observe' || !isOfRequest(ref);
}

/** A finding over the whole exchange may act on any part of it. */
function placesOf({ segment, exchange }: Finding): readonly SegmentRef[] {
  return exchange === undefined ? [segment] : exchange.segments.map((one) => one.segment);
}

function unreadOf(
  { ref, coverage }: CoveredSegment,
  parts: DecisionParts,
): (Unread & Pick<PolicyUse, 'decision'>)[] {
  const { status, reason } = coverage;
  const { ruleSet, policy } = parts;
  if (status === 'scanned' || reason === null || NO_MATTER.has(reason)) return [];
  if (ruleSet.signalsFor(ref.target).length === 0) return [];
  const isEnforced = ruleSet.enforces(ref.target);
  const decision = mayAct(ref, parts) ? policy.on_unscannable[isEnforced ? 'enforce' : 'flag'] : 'pass';
  return [{ pointer: ref.pointer, reason, decision }];
}

function namesOf(findings: readonly Finding[]): string[] {
  return [...new Set(findings.map(({ ruleName }) => ruleName))];
}
