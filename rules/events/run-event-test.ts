import { createHash } from 'node:crypto';
import { type CompiledRuleSet, compiledOf } from '../compiled.ts';
import { fieldsOf } from '../evaluate.ts';
import { offsetOf, parseOffset } from '../schema.ts';
import { segmentOfText } from '../test-segments.ts';
import type { Finding, RuleSet } from '../types.ts';
import type { CompiledCorrelation, CompiledEventTest } from './compile-correlations.ts';
import { listenersOf } from './listeners.ts';
import { beginEvents, observeEvents, passTime } from './observe.ts';
import type { EventState, EventStep, Observed } from './types.ts';
import { nextDue } from './waiting.ts';

/** A finding of a correlation in one of its tests. */
export interface EventFiring {
  /** From the beginning of the test, as tests write it. */
  readonly at: string;
  readonly group: Readonly<Record<string, string | null>>;
  readonly isHeldBack: boolean;
}

export interface PlayedEvents {
  readonly firings: readonly EventFiring[];
  /** Ids of all rules and correlations that fired. */
  readonly came: ReadonlySet<string>;
}

/** Plays a test of a correlation: its events through all correlations of the set, in made-up time. Pure.
 *  @param ruleSet - see `allOn` */
export function playEvents(
  ruleSet: RuleSet,
  correlation: CompiledCorrelation,
  test: CompiledEventTest,
): PlayedEvents {
  const firings: EventFiring[] = [];
  const came = new Set<string>();
  let state: EventState = beginEvents();
  const take = (step: EventStep, at: number): void => {
    ({ state } = step);
    const now = step.findings.map((finding) => ({ finding, at }));
    for (const { finding, at } of [...step.late, ...now]) {
      came.add(finding.ruleId);
      if (finding.ruleId === correlation.id) firings.push(firingOf(finding, at));
    }
  };
  for (const observed of eventsOf(compiledOf(ruleSet), test)) {
    // Of an event that is given as one of the correlation itself it is not said that it fired.
    const step = observeEvents(ruleSet, state, [observed]);
    take({ ...step, findings: step.findings.slice(1) }, observed.at);
    came.add(observed.finding.ruleId);
  }
  const last = test.until === undefined ? null : parseOffset(test.until);
  if (last !== null) take(passTime(ruleSet, state, last), last);
  for (let due = nextDue(state); last === null && due !== null; due = nextDue(state)) {
    take(passTime(ruleSet, state, due), due);
  }
  return { firings, came };
}

/** The same rules, with every correlation evaluated and its alerts grouped whatever its mode: tests are run of those that
 *  are off and in shadow too. */
export function allOn(ruleSet: RuleSet): RuleSet {
  const compiled = compiledOf(ruleSet);
  const correlations = compiled.compiledCorrelations.map((one) => ({ ...one, mode: 'flag' as const }));
  const listeners = listenersOf(correlations);
  const on: CompiledRuleSet = {
    ...compiled,
    correlations,
    compiledCorrelations: correlations,
    correlationsOn: (ruleId) => listeners.get(ruleId) ?? [],
  };
  return on;
}

/** Where a correlation fired otherwise than its test says; empty where it did not. */
export function wrongFirings(firings: readonly EventFiring[], { expect }: CompiledEventTest): string {
  if (expect === 'quiet') return '';
  const wanted = expect.map((one) => (typeof one === 'string' ? { at: one } : one));
  const isRight =
    wanted.length === firings.length &&
    wanted.every(({ at, group = {}, held_back: heldBack }, i) => {
      const firing = firings[i];
      return (
        firing !== undefined &&
        offsetOf(parseOffset(at)) === firing.at &&
        (heldBack ?? firing.isHeldBack) === firing.isHeldBack &&
        Object.entries(group).every(([name, value]) => firing.group[name] === value)
      );
    });
  if (isRight) return '';
  const told = wanted.map(({ at, group, held_back: heldBack }) =>
    firingText({ at, group: group ?? {}, isHeldBack: heldBack === true }),
  );
  return `at ${told.join(', ')}`;
}

/** `9m (conversation one, held back)` */
export function firingText({ at, group, isHeldBack }: EventFiring): string {
  const parts = Object.entries(group).map(([name, value]) => `${name} ${value ?? 'unknown'}`);
  const all = [...parts, ...(isHeldBack ? ['held back'] : [])];
  return all.length === 0 ? at : `${at} (${all.join(', ')})`;
}

function firingOf({ correlation, alert }: Finding, at: number): EventFiring {
  return {
    at: offsetOf(at),
    group: correlation?.group ?? {},
    isHeldBack: alert?.isHeldBack === true,
  };
}

function eventsOf(rules: CompiledRuleSet, { events, fields = {}, ruleIds }: CompiledEventTest): Observed[] {
  return events.map(({ at, fields: own = {}, words }, i) => {
    const ruleId = ruleIds[i] ?? '';
    const finding = findingOf(rules, ruleId);
    const known = { exchange: `event ${i + 1}`, ...fields, ...own };
    return {
      finding,
      at: parseOffset(at),
      fields: { ...fieldsOf(finding.segment), ...known },
      fingerprint: words === undefined ? null : digestOf([ruleId, known.conversation ?? '', words]),
    };
  });
}

/** A made-up finding of a rule or a correlation. */
export function findingOf(
  { compiledRules, compiledCorrelations, digest }: CompiledRuleSet,
  id: string,
): Finding {
  const rule = compiledRules.find((one) => one.id === id);
  const about = rule ?? compiledCorrelations.find((one) => one.id === id);
  return {
    ruleId: id,
    ruleName: about?.name ?? id,
    ruleTitle: about?.title ?? id,
    ruleVersion: about?.version ?? 1,
    ruleSetDigest: digest,
    level: about?.level ?? 'informational',
    mode: 'shadow',
    action: 'flag',
    tags: about?.tags ?? [],
    segment: segmentOfText({ target: rule?.target ?? 'input' }),
    firstToken: 0,
    lastToken: 0,
    span: { start: 0, end: 0 },
    conditions: [],
    features: [],
  };
}

function digestOf(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
