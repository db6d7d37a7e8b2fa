import type { ExchangeRecord } from '../../alerts/index.ts';
import type { Finding } from '../../rules/index.ts';

const TEXT = 'I moved the money and I will tell them that nothing happened.';

/** A finding of one rule in the answer, on the words "tell them". */
export function finding(change: Partial<Finding> = {}): Finding {
  return {
    ruleId: '5a3a1c1e-8a59-4d4c-a6f1-0f6a1c5b9a10',
    ruleName: 'deception',
    ruleTitle: 'Deception as expressed in the text',
    ruleVersion: 1,
    ruleSetDigest: 'd1',
    level: 'high',
    mode: 'flag',
    action: 'flag',
    tags: ['behaviour.deception', 'atlas.aml.t0054'],
    segment: {
      id: 'response/choices/0/message/content',
      target: 'output',
      role: 'assistant',
      pointer: '/choices/0/message/content',
      choice: 0,
    },
    firstToken: 7,
    lastToken: 8,
    span: { start: 29, end: 38 },
    conditions: [
      {
        name: 'strong',
        signal: 'concept/deception',
        aggregate: { kind: 'max', window: 1 },
        value: 5.5,
        threshold: 4,
        margin: 1.5,
        rate: 0.0005,
        rateInterval: [0.0002, 0.001],
      },
    ],
    features: [{ index: 17, label: 'hiding something from someone', value: 3.25, share: 0.75 }],
    ...change,
  };
}

/** A finding whose rule groups its alerts, and of which one went out before. */
export function heldBackFinding(change: Partial<Finding> = {}): Finding {
  return finding({ alert: { isHeldBack: true, heldBack: 1, group: {} }, ...change });
}

let serial = 0;

/** An exchange with one flagged finding, unless changed; every call gives another exchange. */
export function exchange(change: Partial<ExchangeRecord> = {}): ExchangeRecord {
  serial += 1;
  return {
    exchangeId: `exchange-${process.pid}-${serial}`,
    conversationId: 'conversation-1',
    startedAt: '2026-11-26T12:00:00.000Z',
    endedAt: '2026-11-26T12:00:01.500Z',
    route: '/v1/chat/completions',
    dialect: 'openai-chat',
    model: 'demo',
    status: 200,
    isStreamed: true,
    verdict: 'flag',
    findings: [finding()],
    coverage: [
      {
        segmentId: 'response/choices/0/message/content',
        pointer: '/choices/0/message/content',
        role: 'assistant',
        choice: 0,
        status: 'scanned',
        reason: null,
        tokens: 13,
        bytes: TEXT.length,
      },
    ],
    segments: [
      {
        segmentId: 'response/choices/0/message/content',
        role: 'assistant',
        target: 'output',
        text: TEXT,
        tokens: [
          [0, 1],
          [2, 7],
        ],
        signals: { 'concept/deception': [0.25, 5.5] },
      },
    ],
    featuresetDigest: 'f1',
    traceId: '0af7651916cd43dd8448eb211c80319c',
    ...change,
  };
}

/** An exchange in which nothing was found. */
export function ordinary(change: Partial<ExchangeRecord> = {}): ExchangeRecord {
  return exchange({ verdict: 'pass', findings: [], segments: [], ...change });
}
