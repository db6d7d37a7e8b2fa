import { type CompiledRule, type CompiledRuleSet, type CompiledTest, compiledOf } from '../compiled.ts';
import { fieldsOf } from '../evaluate.ts';
import { offsetOf, parseOffset } from '../schema.ts';
import type { RuleSet } from '../types.ts';
import { beginEvents, observeEvents } from './observe.ts';
import { findingOf } from './run-event-test.ts';
import type { Observed } from './types.ts';

/** A finding that becomes an alert, as a test of a rule's alerts sees it. */
interface TestAlert {
  /** From the beginning of the test, as tests write it. */
  readonly at: string;
  readonly group: Readonly<Record<string, string | null>>;
  readonly heldBack: number;
}

export interface AlertOutcome {
  /** Which findings became alerts, for people: `9m (caller a, 2 held back)`. */
  readonly alerts: readonly string[];
  /** Which should have; null where it was these. */
  readonly wanted: readonly string[] | null;
}

/** Plays a test of a rule's alerts: its findings in made-up time through the rule's grouping, whatever its mode. Pure. */
export function runAlertTest(ruleSet: RuleSet, rule: CompiledRule, test: CompiledTest): AlertOutcome {
  const alone: CompiledRuleSet = {
    ...compiledOf(ruleSet),
    compiledCorrelations: [],
    correlationsOn: () => [],
  };
  let state = beginEvents();
  const alerts: TestAlert[] = [];
  for (const observed of findingsIn(alone, rule, test)) {
    const step = observeEvents(alone, state, [observed]);
    ({ state } = step);
    const [{ alert } = {}] = step.findings;
    if (alert?.isHeldBack === true) continue;
    alerts.push({ at: offsetOf(observed.at), group: alert?.group ?? {}, heldBack: alert?.heldBack ?? 0 });
  }
  const wanted = test.alerts ?? [];
  const isRight =
    wanted.length === alerts.length &&
    wanted.every((one, i) => {
      const alert = alerts[i];
      return alert !== undefined && isAsWanted(alert, typeof one === 'string' ? { at: one } : one);
    });
  const told = wanted.map((one) => {
    const { at, group = {}, held_back: heldBack = 0 } = typeof one === 'string' ? { at: one } : one;
    return alertText({ at, group, heldBack });
  });
  return { alerts: alerts.map(alertText), wanted: isRight ? null : told };
}

type Wanted = Exclude<NonNullable<CompiledTest['alerts']>[number], string>;

function isAsWanted(alert: TestAlert, { at, group = {}, held_back: heldBack }: Wanted): boolean {
  return (
    offsetOf(parseOffset(at)) === alert.at &&
    (heldBack ?? alert.heldBack) === alert.heldBack &&
    Object.entries(group).every(([name, value]) => alert.group[name] === value)
  );
}

function findingsIn(
  rules: CompiledRuleSet,
  { id, mode }: CompiledRule,
  { events = [], fields = {} }: CompiledTest,
): Observed[] {
  const grouped = mode === 'off' || mode === 'shadow' ? 'flag' : mode;
  return events.map(({ at, fields: own = {} }, i) => {
    const finding = { ...findingOf(rules, id), mode: grouped };
    const known = { exchange: `event ${i + 1}`, ...fields, ...own };
    const whole = { ...fieldsOf(finding.segment), ...known };
    return { finding, at: parseOffset(at), fields: whole, fingerprint: null };
  });
}

function alertText({ at, group, heldBack }: TestAlert): string {
  const parts = Object.entries(group).map(([name, value]) => `${name} ${value ?? 'unknown'}`);
  const all = [...parts, ...(heldBack === 0 ? [] : [`${heldBack} held back`])];
  return all.length === 0 ? at : `${at} (${all.join(', ')})`;
}
