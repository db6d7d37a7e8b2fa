import type { ConditionResult, Finding, Level } from '../rules/index.ts';
import type { ExchangeRecord } from './types.ts';

/** Something about Telltale itself that whoever watches the alerts must know. */
export interface SystemAlert {
  /** Unique: the same twice is recorded once. */
  readonly id: string;
  /** UUID of what raises it, its name, and what is said in one line. */
  readonly rule: { readonly id: string; readonly name: string; readonly title: string };
  readonly level: Level;
  readonly tags: readonly string[];
  /** What it is about, such as `store`. */
  readonly about: string;
  /** All that is known, for people. */
  readonly text: string;
  /** Figures behind it. */
  readonly conditions?: readonly ConditionResult[];
  /** ISO 8601. */
  readonly at: string;
  readonly featuresetDigest?: string;
  readonly ruleSetDigest?: string;
}

/** Segments of requests and answers are named after their side: none of theirs begins so. */
const OWN_SEGMENT = 'telltale/';

/** The route that their exchanges have; those of requests begin with a slash. */
export const OWN_ROUTE = 'telltale';

/** Whether a finding is about Telltale itself: its text is Telltale's own, and no client's. */
export function isAboutTelltale({ segment }: Pick<Finding, 'segment'>): boolean {
  return segment.id.startsWith(OWN_SEGMENT);
}

/** The record that such an alert becomes: recorded and brought to every sink like any other. It belongs to no client's
 *  exchange. */
export function systemRecord(alert: SystemAlert): ExchangeRecord {
  const { id, rule, level, tags, about, text, at, featuresetDigest = 'none' } = alert;
  const segmentId = `${OWN_SEGMENT}${about}`;
  return {
    exchangeId: id,
    conversationId: 'telltale',
    startedAt: at,
    endedAt: at,
    route: OWN_ROUTE,
    dialect: 'none',
    model: null,
    status: 0,
    isStreamed: false,
    verdict: 'flag',
    findings: [
      {
        ruleId: rule.id,
        ruleName: rule.name,
        ruleTitle: rule.title,
        ruleVersion: 1,
        ruleSetDigest: alert.ruleSetDigest ?? 'none',
        level,
        mode: 'flag',
        action: 'flag',
        tags,
        segment: { id: segmentId, target: 'output', role: 'system', pointer: '', choice: null },
        firstToken: 0,
        lastToken: 0,
        span: { start: 0, end: text.length },
        conditions: alert.conditions ?? [],
        features: [],
      },
    ],
    coverage: [],
    segments: [{ segmentId, role: 'telltale', target: about, text, tokens: [], signals: {} }],
    featuresetDigest,
    traceId: null,
  };
}
