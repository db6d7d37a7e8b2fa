import { type CompiledRuleSet, compiledOf } from '../compiled.ts';
import type { Finding, RuleSet } from '../types.ts';
import type { CompiledCorrelation } from './compile-correlations.ts';
import { correlate, type Event, isSilent, NEW_GROUP } from './correlate.ts';
import { findingOf, lateFinding } from './correlation-finding.ts';
import { groupAlert, isOpenAt } from './group-alerts.ts';
import { groupOf, keyOf, putGroup } from './groups.ts';
import type { AlertGroup, CorrelationGroup, EventState, EventStep, Observed, Waiting } from './types.ts';
import { dropWaiting, dueFrom, MAX_TOLD, type Match, putWaiting, waitingOf } from './waiting.ts';
import { closeWindow, growWindow, openWindow } from './windows.ts';

/** The state before the first finding. */
export function beginEvents(): EventState {
  return { correlations: new Map(), alerts: new Map(), waiting: [] };
}

/** Takes in findings of one exchange, or of several in the order of their time: correlations count them, and the alerts
 *  of rules that group them are marked. What was due before each of them fires first. Pure: the same rules, state and
 *  findings give the same. */
export function observeEvents(
  ruleSet: RuleSet,
  before: EventState,
  observed: readonly Observed[],
): EventStep {
  const rules = compiledOf(ruleSet);
  let walk: Walk = { state: before, fired: [], late: [], evicted: 0, forgotten: 0 };
  for (const one of observed) walk = take(rules, fireDue(rules, walk, one.at), one);
  return stepOf(rules, walk, observed);
}

/** Time has passed, whether or not something came: what was due by then fires. Pure.
 *  @param now - milliseconds since 1970 */
export function passTime(ruleSet: RuleSet, before: EventState, now: number): EventStep {
  const rules = compiledOf(ruleSet);
  const walk = fireDue(rules, { state: before, fired: [], late: [], evicted: 0, forgotten: 0 }, now);
  return stepOf(rules, walk, []);
}

interface Walk {
  readonly state: EventState;
  /** Findings of correlations, so far. */
  readonly fired: readonly Observed[];
  /** Those that time alone has made. */
  readonly late: readonly Observed[];
  readonly evicted: number;
  readonly forgotten: number;
}

function stepOf(rules: CompiledRuleSet, walk: Walk, observed: readonly Observed[]): EventStep {
  let { state, evicted } = walk;
  const heldBack = new Map<string, number>();
  const mark = (one: Observed): Observed => {
    const marked = markAlert(rules, state, one);
    ({ state } = marked);
    evicted += marked.evicted;
    const { ruleName, alert } = marked.finding;
    if (alert?.isHeldBack === true) heldBack.set(ruleName, (heldBack.get(ruleName) ?? 0) + 1);
    return { ...one, finding: marked.finding };
  };
  const late = walk.late.map(mark);
  const findings = [...observed, ...walk.fired].map(mark).map(({ finding }) => finding);
  return { state, findings, late, heldBack, evicted, forgotten: walk.forgotten };
}

/** One event goes through the correlations that take it, first those whose waiting it ends: what it makes itself waits
 *  for what comes after it. What they find is the next event. They name each other in no circle, so this ends. */
function take(rules: CompiledRuleSet, before: Walk, observed: Observed): Walk {
  let walk = before;
  const { finding, at, fields, fingerprint } = observed;
  const event: Event = { ruleId: finding.ruleId, at, fields, fingerprint };
  const ends = ({ unlessThen }: CompiledCorrelation) => unlessThen?.ruleIds.has(finding.ruleId) === true;
  const listeners = rules.correlationsOn(finding.ruleId);
  const ending = listeners.filter(ends);
  const rest = ending.length === 0 ? listeners : listeners.filter((one) => !ends(one));
  for (const correlation of [...ending, ...rest]) {
    const { state, evicted, forgotten, fired, inWindow } = takeInto(correlation, walk.state, event);
    walk = { ...walk, state, evicted: walk.evicted + evicted, forgotten: walk.forgotten + forgotten };
    if (inWindow !== null) walk = grow(correlation, walk, { last: observed, events: inWindow });
    if (fired === null) continue;
    const match: Match = { last: observed, events: fired };
    if (correlation.unlessThen !== null) walk = wait(correlation, walk, match);
    else walk = tell(rules, walk, { ...observed, ...findingOf(rules, correlation, match) });
  }
  return walk;
}

/** A finding of a correlation is the next event. */
function tell(rules: CompiledRuleSet, walk: Walk, found: Observed): Walk {
  return take(rules, { ...walk, fired: [...walk.fired, found] }, found);
}

function wait(correlation: CompiledCorrelation, walk: Walk, match: Match): Walk {
  const { waiting, evicted } = putWaiting(walk.state.waiting, waitingOf(correlation, match));
  return { ...walk, state: { ...walk.state, waiting }, evicted: walk.evicted + evicted };
}

function grow(correlation: CompiledCorrelation, walk: Walk, match: Match): Walk {
  const { waiting, evicted } = growWindow(walk.state.waiting, correlation, match);
  return { ...walk, state: { ...walk.state, waiting }, evicted: walk.evicted + evicted };
}

/** What waited in vain for something to undo it, and windows that close; the one that is due first, first. */
function fireDue(rules: CompiledRuleSet, before: Walk, now: number): Walk {
  const { compiledCorrelations } = rules;
  const known = dueFrom(before.state.waiting, compiledCorrelations, now);
  let walk: Walk =
    known === before.state.waiting ? before : { ...before, state: { ...before.state, waiting: known } };
  for (let [first] = walk.state.waiting; first !== undefined && first.due <= now; ) {
    const { correlation: key } = first;
    walk = { ...walk, state: { ...walk.state, waiting: walk.state.waiting.slice(1) } };
    const correlation = compiledCorrelations.find((one) => one.key === key && one.mode !== 'off');
    if (correlation !== undefined) walk = fire(rules, walk, { correlation, due: first });
    [first] = walk.state.waiting;
  }
  return walk;
}

interface Due {
  readonly correlation: CompiledCorrelation;
  readonly due: Waiting;
}

function fire(rules: CompiledRuleSet, before: Walk, { correlation, due }: Due): Walk {
  const { state, waited } = decide(before.state, { correlation, due });
  if (waited === null) return { ...before, state };
  const made = tell(rules, { ...before, state, fired: [] }, lateFinding(rules, correlation, waited));
  return { ...made, fired: before.fired, late: [...before.late, ...made.fired] };
}

/** What waited in vain fires; a window that closes fires where it has as many events as it is to have. Of a group that was
 *  given up nothing is known. */
function decide(state: EventState, { correlation, due }: Due): { state: EventState; waited: Waiting | null } {
  if (correlation.most === null) return { state, waited: due };
  const groups = state.correlations.get(correlation.key);
  const kept = groups?.get(due.group);
  if (groups === undefined || kept === undefined) return { state, waited: null };
  const { group, fired } = closeWindow(correlation, due, kept);
  const grown = putGroup(groups, { key: due.group, group }, isSilent(correlation, due.due));
  const correlations = new Map(state.correlations).set(correlation.key, grown.groups);
  const waited = fired === null ? null : { ...due, count: fired.length, events: fired.slice(-MAX_TOLD) };
  return { state: { ...state, correlations }, waited };
}

function takeInto(correlation: CompiledCorrelation, before: EventState, event: Event) {
  const groups = before.correlations.get(correlation.key) ?? new Map<string, CorrelationGroup>();
  const key = keyOf(groupOf(correlation.groupBy, event));
  const place = { correlation: correlation.key, group: key };
  const known = groups.get(key) ?? NEW_GROUP;
  const isNewWindow = correlation.most !== null && openWindow(before.waiting, place) === undefined;
  const kept = isNewWindow && known.events.length > 0 ? { ...known, events: [] } : known;
  const { group, isUndone, ...outcome } = correlate(correlation, kept, event);
  const grown = putGroup(groups, { key, group }, isSilent(correlation, event.at));
  const correlations = new Map(before.correlations).set(correlation.key, grown.groups);
  const waiting = isUndone ? dropWaiting(before.waiting, place) : before.waiting;
  return { ...outcome, state: { ...before, correlations, waiting }, evicted: grown.evicted };
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
  const isOver = (old: AlertGroup) => old.heldBack === 0 && !isOpenAt(alert, old.start, at);
  const grown = putGroup(groups, { key, group: step.group }, isOver);
  const alerts = new Map(state.alerts).set(ruleId, grown.groups);
  const marked: Finding = { ...finding, alert: { isHeldBack, heldBack, group } };
  return { state: { ...state, alerts }, finding: marked, evicted: grown.evicted };
}
