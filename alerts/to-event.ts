import product from '../package.json' with { type: 'json' };
import type { ConditionResult, CorrelationMatch, ExchangeMatch, Finding } from '../rules/index.ts';
import type { DetectionFinding } from './event.ts';
import { levelRank } from './levels.ts';
import type { Alert } from './types.ts';

const SEVERITIES = ['Informational', 'Low', 'Medium', 'High', 'Critical'] as const;

type Outcome = Pick<DetectionFinding, 'action_id' | 'action' | 'disposition_id' | 'disposition'>;

const ALERTED: Outcome = { action_id: 1, action: 'Allowed', disposition_id: 19, disposition: 'Alert' };

const OUTCOMES: Readonly<Record<Alert['verdict'], Outcome>> = {
  pass: ALERTED,
  flag: ALERTED,
  redact: { action_id: 1, action: 'Allowed', disposition_id: 11, disposition: 'Corrected' },
  block: { action_id: 2, action: 'Denied', disposition_id: 2, disposition: 'Blocked' },
};

/** The event that an alert becomes in every sink; the same alert gives the same event.
 *  @param reviewUrl - address of the review, without a slash at its end; empty gives a path */
export function toEvent(alert: Alert, reviewUrl = ''): DetectionFinding {
  const { finding } = alert;
  const rank = levelRank(finding.level);
  const time = Date.parse(alert.createdAt);
  return {
    metadata: metadataOf(alert),
    category_uid: 2,
    category_name: 'Findings',
    class_uid: 2004,
    class_name: 'Detection Finding',
    activity_id: 1,
    activity_name: 'Create',
    type_uid: 200401,
    type_name: 'Detection Finding: Create',
    time,
    severity_id: rank + 1,
    severity: SEVERITIES[rank] ?? 'Informational',
    status_id: 1,
    status: 'New',
    is_alert: true,
    ...(alert.heldBack !== undefined && { count: alert.heldBack + 1 }),
    message: `${finding.ruleTitle} (${finding.segment.target})`,
    ...OUTCOMES[alert.verdict],
    finding_info: {
      uid: alert.id,
      title: finding.ruleTitle,
      created_time: time,
      types: finding.tags.filter((tag) => !isTechnique(tag)),
      src_url: `${reviewUrl}${alert.reviewPath}`,
      attacks: attacksOf(finding),
      analytic: analyticOf(finding),
    },
    evidences: [{ data: evidenceOf(alert) }],
    unmapped: unmappedOf(alert),
  };
}

function metadataOf(alert: Alert): DetectionFinding['metadata'] {
  return {
    version: '1.8.0',
    uid: alert.id,
    correlation_uid: alert.conversationId,
    profiles: ['security_control'],
    labels: [...alert.finding.tags],
    product: { name: 'Telltale', vendor_name: 'Telltale', version: product.version },
  };
}

function analyticOf({
  ruleId,
  ruleName,
  ruleVersion,
}: Finding): DetectionFinding['finding_info']['analytic'] {
  return { uid: ruleId, name: ruleName, type_id: 1, type: 'Rule', version: String(ruleVersion) };
}

function evidenceOf({ finding, excerpt }: Alert): DetectionFinding['evidences'][0]['data'] {
  return {
    ...placeOf(finding),
    excerpt,
    ...(finding.view === undefined
      ? {}
      : { view: { changes: [...finding.view.changes], text: finding.view.text } }),
    ...(finding.exchange === undefined ? {} : { exchange: exchangeOf(finding.exchange) }),
    conditions: finding.conditions.map(conditionOf),
    features: finding.features.map(({ index, label, value, share }) => ({ index, label, value, share })),
  };
}

function placeOf({
  segment: { id, target, role, pointer, choice, tool, language },
  firstToken,
  lastToken,
  span: { start, end },
}: Pick<Finding, 'segment' | 'firstToken' | 'lastToken' | 'span'>) {
  const tokens = { first_token: firstToken, last_token: lastToken };
  const told = { ...(tool ? { tool } : {}), ...(language ? { language } : {}) };
  const place = { segment_id: id, target, role, pointer, choice, ...told };
  return { ...place, ...tokens, span: { start, end } };
}

function exchangeOf({ count, segments }: ExchangeMatch) {
  return { count, segments: segments.map((one) => ({ ...placeOf(one), value: one.value })) };
}

function conditionOf(condition: ConditionResult) {
  const { name, signal, aggregate, per, value, threshold, margin, rate, rateInterval } = condition;
  const interval: [number, number] | null = rateInterval === null ? null : [...rateInterval];
  const { kind, window } = aggregate;
  return {
    name,
    signal,
    aggregate: { kind, window },
    ...(per === undefined ? {} : { per }),
    value,
    threshold,
    margin,
    rate,
    rate_interval: interval,
  };
}

function unmappedOf(alert: Alert): DetectionFinding['unmapped'] {
  return {
    exchange_id: alert.exchangeId,
    conversation_id: alert.conversationId,
    verdict: alert.verdict,
    mode: alert.finding.mode,
    rule_action: alert.finding.action,
    rule_set_digest: alert.finding.ruleSetDigest,
    featureset_digest: alert.featuresetDigest,
    trace_id: alert.traceId,
    tenant: alert.tenant,
    ...(alert.caller ? { caller: alert.caller } : {}),
    ...(alert.finding.alert === undefined ? {} : { held_back: alert.finding.alert.heldBack }),
    ...(alert.finding.correlation === undefined
      ? {}
      : { correlation: correlationOf(alert.finding.correlation) }),
  };
}

function correlationOf({ type, group, timespanMs, count, events }: CorrelationMatch) {
  const told = events.map(({ ruleId, exchangeId, at }) => ({
    rule_id: ruleId,
    exchange_id: exchangeId,
    time: at,
  }));
  return { type, group: { ...group }, timespan_ms: timespanMs, count, events: told };
}

const TECHNIQUES_URL = 'https://atlas.mitre.org/techniques';

/** `AML.T0051` or `AML.T0051.001` anywhere in a tag, as `atlas.aml.t0051` has it. */
const TECHNIQUE = /AML\.T\d{4}(?:\.\d{3})?/i;

function isTechnique(tag: string): boolean {
  return TECHNIQUE.test(tag);
}

function attacksOf({ tags }: Finding): DetectionFinding['finding_info']['attacks'] {
  const uids = tags.flatMap((tag) => TECHNIQUE.exec(tag)?.[0].toUpperCase() ?? []);
  return uids.map((uid) => ({ technique: { uid, name: uid, src_url: `${TECHNIQUES_URL}/${uid}` } }));
}
