import { type CompiledRuleSet, compiledOf } from '../compiled.ts';
import type { Finding, RuleSet } from '../types.ts';
import type { CompiledCorrelation } from './compile-correlations.ts';
import { correlate, type Event, isSilent, NEW_GROUP } from './correlate.ts';
import { groupAlert } from './group-alerts.ts';
import { groupOf, keyOf, putGroup } from './groups.ts';
import type { AlertGroup, CorrelationGroup, EventState, EventStep, KeptEvent, Observed } from './types.ts';

/** The state before the first finding. */
export function beginEvents(): EventState {
  return { correlations: new Map(), alerts: new Map() };
}

/** Takes in findings of one exchange, or of several in the order of their time: correlations count them, and the alerts
 *  of rules that group them are marked. Pure: the same rules, state and findings give the same. */
export function observeEvents(
  ruleSet: RuleSet,
  before: EventState,
  observed: readonly Observed[],
): EventStep {
  const rules = compiledOf(ruleSet);
  let walk: Walk = { state: before, fired: [], evicted: 0 };
  for (const one of observed) walk = take(rules, walk, one);
  let { state, evicted } = walk;
  const findings: Finding[] = [];
  const heldBack = new Map<string, number>();
  for (const one of [...observed, ...walk.fired]) {
    const marked = markAlert(rules, state, one);
    ({ state } = marked);
    evicted += marked.evicted;
    findings.push(marked.finding);
    const { ruleName, alert } = marked.finding;
    if (alert?.isHeldBack === true) heldBack.set(ruleName, (heldBack.get(ruleName) ?? 0) + 1);
  }
  return { state, findings, heldBack, evicted };
}

interface Walk {
  readonly state: EventState;
  /** Findings of correlations, so far. */
  readonly fired: readonly Observed[];
  readonly evicted: number;
}

/** One event goes through the correlations that take it; what they find is the next event. They name each other in no
 *  circle, so this ends. */
function take(rules: CompiledRuleSet, before: Walk, observed: Observed): Walk {
  let walk = before;
  const { finding, at, fields, fingerprint } = observed;
  const event: Event = { ruleId: finding.ruleId, at, fields, fingerprint };
  for (const correlation of rules.correlationsOn(finding.ruleId)) {
    const step = takeInto(correlation, walk.state, event);
    walk = { ...walk, state: step.state, evicted: walk.evicted + step.evicted };
    if (step.fired === null) continue;
    const match = findingOf(rules, correlation, { last: observed, events: step.fired });
    const next: Observed = { finding: match, at, fields, fingerprint: null };
    walk = take(rules, { ...walk, fired: [...walk.fired, next] }, next);
  }
  return walk;
}

function takeInto(correlation: CompiledCorrelation, state: EventState, event: Event) {
  const groups = state.correlations.get(correlation.key) ?? new Map<string, CorrelationGroup>();
  const key = keyOf(groupOf(correlation.groupBy, event));
  const { group, fired } = correlate(correlation, groups.get(key) ?? NEW_GROUP, event);
  const grown = putGroup(groups, { key, group }, isSilent(correlation, event.at));
  const correlations = new Map(state.correlations).set(correlation.key, grown.groups);
  return { state: { ...state, correlations }, fired, evicted: grown.evicted };
}

const MAX_TOLD = 100;

function findingOf(
  { digest }: CompiledRuleSet,
  correlation: CompiledCorrelation,
  { last, events }: { readonly last: Observed; readonly events: readonly KeptEvent[] },
): Finding {
  const { segment, firstToken, lastToken, span } = last.finding;
  const { id, name, title, version, level, mode, tags, type, timespanMs, groupBy } = correlation;
  const told = events.slice(-MAX_TOLD);
  return {
    ruleId: id,
    ruleName: name,
    ruleTitle: title,
    ruleVersion: version,
    ruleSetDigest: digest,
    level,
    mode,
    action: 'flag',
    tags,
    segment,
    firstToken,
    lastToken,
    span,
    conditions: [],
    features: [],
    correlation: {
      type,
      group: groupOf(groupBy, { ruleId: last.finding.ruleId, fields: last.fields }),
      timespanMs,
      count: events.length,
      events: told.map(({ ruleId, exchange, at }) => ({ ruleId, exchangeId: exchange, at })),
    },
  };
}

/** Marks a finding that would be an alert, where its rule groups alerts. */
function markAlert(rules: CompiledRuleSet, state: EventState, { finding, at, fields }: Observed) {
  const { ruleId, mode } = finding;
  const alert = rules.alertOf(ruleId);
  if (alert === null || mode === 'off' || mode === 'shadow') return { state, finding, evicted: 0 };
  const group = groupOf(alert.groupBy, { ruleId, fields });
  const groups = state.alerts.get(ruleId) ?? new Map<string, AlertGroup>();
  const key = keyOf(group);
  const { isHeldBack, heldBack, ...step } = groupAlert(alert, groups.get(key), at);
  const isOver = (old: AlertGroup) => old.heldBack === 0 && at >= old.start + alert.windowMs;
  const grown = putGroup(groups, { key, group: step.group }, isOver);
  const alerts = new Map(state.alerts).set(ruleId, grown.groups);
  const marked: Finding = { ...finding, alert: { isHeldBack, heldBack, group } };
  return { state: { ...state, alerts }, finding: marked, evicted: grown.evicted };
}
