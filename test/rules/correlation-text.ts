import type { EventFields, EventState, Finding, Observed, RuleSet } from '../../rules/index.ts';
import { beginEvents, observeEvents, passTime } from '../../rules/index.ts';
import { loadTexts, ruleText, shown } from './rule-text.ts';

type Context = { after(done: () => Promise<void>): void };
type Parts = Readonly<Record<string, string>>;

const NAMES = ['a', 'b', 'c'] as const;

export const ruleId = (name: string) =>
  `5d0c2a3e-8f41-4b6a-9f0e-2f6f1d9c7a${name.charCodeAt(0).toString(16)}`;
const correlationId = (name: string) =>
  `6e1d3b4f-8f41-4b6a-9f0e-2f6f1d9c7a${name.charCodeAt(0).toString(16)}`;

/** A file with rules a, b and c. */
export function rulesText(parts: Parts = {}): string {
  const rules = NAMES.map((name) => ruleText({ id: ruleId(name), name, mode: 'shadow', ...parts }));
  return `version: 1\nrules:\n${rules.map((text) => text.replace('version: 1\nrules:\n', '')).join('')}`;
}

/** A file with one correlation for each of the parts, named x, y, z unless told otherwise. */
export function correlationsText(...all: readonly Parts[]): string {
  const texts = all.map((parts, i) => {
    const name = parts['name'] ?? 'xyz'.charAt(i);
    const keys = {
      id: correlationId(name),
      name,
      title: `Correlation ${name}`,
      description: 'For tests.',
      status: 'test',
      version: '1',
      level: 'high',
      mode: 'flag',
      type: 'event_count',
      rules: '[a]',
      group_by: '[conversation]',
      timespan: '10s',
      ...parts,
    };
    const lines = Object.entries(keys).map(([key, value]) => `${key}: ${value}`);
    return `  - ${lines.join('\n    ')}\n`;
  });
  return `version: 1\ncorrelations:\n${texts.join('')}`;
}

export async function eventRules(t: Context, ...texts: readonly string[]): Promise<RuleSet> {
  const result = await loadTexts(t, texts);
  if (result.ok) return result.ruleSet;
  throw new Error(shown(result.problems).join('\n'));
}

/** A finding of rule a, b or c. */
export function findingOf(ruleSet: RuleSet, name: string, mode: Finding['mode'] = 'shadow'): Finding {
  return {
    ruleId: ruleId(name),
    ruleName: name,
    ruleTitle: name,
    ruleVersion: 1,
    ruleSetDigest: ruleSet.digest,
    level: 'high',
    mode,
    action: 'flag',
    tags: [],
    segment: { id: 'request/0', target: 'input', role: 'user', pointer: '/0', choice: null },
    firstToken: 1,
    lastToken: 2,
    span: { start: 3, end: 9 },
    conditions: [],
    features: [],
  };
}

export interface At {
  readonly seconds: number;
  readonly rule: string;
  readonly fields?: EventFields;
  readonly fingerprint?: string;
}

/** `a1 b2 a2/other a9#f`: for each a rule, a second, a conversation and a fingerprint. */
export function events(text: string): At[] {
  return text.split(' ').map((word) => {
    const [, rule = '', seconds, conversation, fingerprint] =
      /^([abc])([\d.]+)(?:\/(\w+))?(?:#(\w+))?$/.exec(word) ?? [];
    return {
      rule,
      seconds: Number(seconds),
      ...(conversation === undefined ? {} : { fields: { conversation } }),
      ...(fingerprint === undefined ? {} : { fingerprint }),
    };
  });
}

export function observed(ruleSet: RuleSet, { seconds, rule, fields = {}, fingerprint }: At): Observed {
  const all = { conversation: 'one', exchange: `e${seconds}`, ...fields };
  return {
    finding: findingOf(ruleSet, rule),
    at: seconds * 1_000,
    fields: all,
    fingerprint: fingerprint ?? null,
  };
}

/** Names of the correlations that fire, each with the second at which it does.
 *  @param until - the second to which time passes after the last event */
export function play(
  ruleSet: RuleSet,
  events: readonly At[],
  from: EventState = beginEvents(),
  until: number | null = null,
) {
  let state = from;
  let evicted = 0;
  let forgotten = 0;
  const fired: string[] = [];
  const findings: Finding[] = [];
  const take = (step: ReturnType<typeof observeEvents>, seconds: number) => {
    ({ state } = step);
    evicted += step.evicted;
    forgotten += step.forgotten;
    const own = step.findings.filter(({ correlation }) => correlation !== undefined);
    fired.push(...step.late.map(({ finding, at }) => `${finding.ruleName}@${at / 1_000}`));
    fired.push(...own.map(({ ruleName }) => `${ruleName}@${seconds}`));
    findings.push(...step.late.map(({ finding }) => finding), ...own);
  };
  for (const event of events) {
    take(observeEvents(ruleSet, state, [observed(ruleSet, event)]), event.seconds);
  }
  if (until !== null) take(passTime(ruleSet, state, until * 1_000), until);
  return { state, evicted, forgotten, fired, findings };
}

/** Correlations of every type, that count, wait, hold alerts back and name each other. */
export const EVERY_TYPE = correlationsText(
  { name: 'x', rules: '[a, b]', condition: '{gte: 3}', unless: '[c]' },
  {
    name: 'y',
    type: 'temporal_ordered',
    rules: '[a, b, c]',
    alert: '{threshold: both, count: 2, window: 20s}',
  },
  {
    name: 'z',
    type: 'value_count',
    rules: '[x, y]',
    field: 'conversation',
    group_by: '[]',
    condition: '{gte: 2}',
  },
  { name: 'w', rules: '[b]', condition: '{gte: 1}', unless_then: '{rules: [x, c], within: 9s}' },
  { name: 'v', rules: '[a, w]', condition: '{gt: 1, lte: 3}', unless: '[c]' },
);
