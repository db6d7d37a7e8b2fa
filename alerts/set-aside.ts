import type { Finding } from '../rules/index.ts';
import type { ExchangeRecord } from './types.ts';

/** A damaged store that was found at start: where it is now, and what was wrong with it. */
export interface SetAside {
  readonly path: string;
  readonly reason: string;
}

const SEGMENT_ID = 'telltale/store';
const RULE_ID = '0b7f2f5e-5d0c-4f0e-9a56-3a6a0c1d7e01';

/** The alert that a damaged store raises: recorded in the new store and brought to every sink like any other, since
 *  whoever watches the alerts must know that earlier ones lie elsewhere. It belongs to no client's exchange.
 *  @param at - ISO 8601 */
export function setAsideRecord({ path, reason }: SetAside, at: string): ExchangeRecord {
  const text = `The store was damaged (${reason}). It was set aside as ${path} and a new one was begun. Alerts that had not been delivered are in the damaged file.`;
  return {
    exchangeId: `telltale-store-set-aside-${at}`,
    conversationId: 'telltale',
    startedAt: at,
    endedAt: at,
    route: 'telltale',
    dialect: 'none',
    model: null,
    status: 0,
    isStreamed: false,
    verdict: 'flag',
    findings: [findingOf(text)],
    coverage: [],
    segments: [{ segmentId: SEGMENT_ID, role: 'telltale', target: 'store', text, tokens: [], signals: {} }],
    featuresetDigest: 'none',
    traceId: null,
  };
}

function findingOf(text: string): Finding {
  return {
    ruleId: RULE_ID,
    ruleName: 'store_set_aside',
    ruleTitle: 'The store was damaged and set aside',
    ruleVersion: 1,
    ruleSetDigest: 'none',
    level: 'critical',
    mode: 'flag',
    action: 'flag',
    tags: ['telltale.store'],
    segment: { id: SEGMENT_ID, target: 'output', role: 'system', pointer: '', choice: null },
    firstToken: 0,
    lastToken: 0,
    span: { start: 0, end: text.length },
    conditions: [],
    features: [],
  };
}
