import type {
  ExchangeEnd,
  ExchangeEvent,
  ExchangeStart,
  GaugeReading,
  Telemetry,
} from '../../gateway/telemetry/index.ts';
import type { Finding } from '../../rules/index.ts';

export const START: ExchangeStart = {
  exchangeId: 'exchange-1',
  route: '/v1/chat/completions',
  method: 'POST',
  dialect: 'openai-chat',
  words: { operation: 'chat', provider: 'openai' },
  traceparent: undefined,
  tracestate: undefined,
};

export const END: ExchangeEnd = {
  status: 200,
  verdict: 'flag',
  error: null,
  responseId: 'chatcmpl-1',
  responseModel: 'telltale-demo-2026',
  finishReasons: ['stop', 'length'],
  usage: { inputTokens: 11, outputTokens: 42 },
  tokensScored: 53,
  firstByteMs: 12.5,
  addedMs: 7.5,
  scoring: {
    request: { tokens: 11, tokensRecalled: 4, longestWaitMs: 2.5 },
    response: { tokens: 42, tokensRecalled: 0, longestWaitMs: 1.5 },
    rules: 8,
    findings: 1,
    rulesMs: 0.25,
  },
  content: null,
};

export const FINDING: Finding = {
  ruleId: '11111111-2222-4333-8444-555555555555',
  ruleName: 'deception-expressed',
  ruleTitle: 'Deception as expressed in the text',
  ruleVersion: 3,
  ruleSetDigest: 'abc',
  level: 'high',
  mode: 'flag',
  action: 'flag',
  tags: [],
  segment: {
    id: 'response/choices/0',
    target: 'output',
    role: 'assistant',
    pointer: '/choices/0/message/content',
    choice: 0,
  },
  firstToken: 4,
  lastToken: 9,
  span: { start: 20, end: 51 },
  conditions: [
    {
      name: 'main',
      signal: 'concept/deception',
      aggregate: { kind: 'max', window: 1 },
      value: 5.5,
      threshold: 4.25,
      margin: 1.25,
      rate: 0.001,
      rateInterval: [0.0005, 0.002],
    },
  ],
  features: [],
};

export const GAUGES: GaugeReading = {
  inFlight: 2,
  inFlightLimit: 3,
  detector: {
    workers: 1,
    openWindows: 0,
    queued: 7,
    tokensScored: 1234,
    tokensRecalled: 4321,
    scoreCache: {
      texts: { hits: 21, misses: 22, evictions: 23, refused: 24, entries: 25, bytes: 2_600 },
      windows: { hits: 31, misses: 32, evictions: 33, refused: 34, entries: 35, bytes: 3_600 },
      views: { hits: 41, misses: 42, evictions: 43, refused: 0, entries: 45, bytes: 4_600 },
    },
    batches: 9,
    workersReplaced: 1,
    rejectedQueueFull: 3,
    timedOut: 4,
    nonFinite: 5,
  },
  sinks: [
    {
      sink: 'kafka',
      depth: 6,
      oldestAgeMs: 61_500,
      attempts: 17,
      delivered: 40,
      retried: 3,
      dead: 1,
      held: { route: 0, silence: 2, group: 1, rate_limit: 0 },
    },
  ],
  store: {
    pressure: { outboxRows: 6, bytes: 131_072 },
    isAboveMark: true,
    sampled: { low: 5, none: 11 },
    expired: { none: 3 },
    crowdedOut: 5,
    buried: 2,
    unrecorded: { disk_full: 9 },
    failures: { retention: 4, pressure: 0, bury: 0, leases: 0, news: 0, relay: 2 },
  },
  replay: {
    kept: 61,
    dropped: { queue_full: 62 },
    evicted: 63,
    expired: 64,
    queuedBytes: 0,
    bytes: 6_500,
    failures: 66,
  },
  drift: {
    rates: [
      {
        rule: 'deception-expressed',
        condition: 'main',
        promised: 0.001,
        segments: 2_000,
        rate: 0.02,
        interval: [0.0148, 0.0271],
        drift: 'above',
      },
      {
        rule: 'quiet',
        condition: 'main',
        promised: 0.01,
        segments: 0,
        rate: null,
        interval: [0, 1],
        drift: 'none',
      },
    ],
    textsForgotten: 12,
  },
  rulesActive: 8,
  ruleSetDigest: 'd1e5',
  isReady: true,
  handover: { depth: 12, oldestAgeMs: 2_500, delivered: 90, retried: 4, dead: 1 },
  worker: { isJoined: true, partitions: [0, 3], joins: 2, lag: [{ partition: 3, messages: 41 }] },
};

const MOMENTS: readonly ExchangeEvent[] = [
  'request_read',
  'request_scanned',
  'upstream_started',
  'upstream_first_byte',
  'upstream_ended',
  'response_scanned',
  'judging',
  'committing',
  'committed',
];

/** One whole exchange with one finding, as the gateway reports it. */
export function reportExchange(
  telemetry: Telemetry,
  start: Partial<ExchangeStart> = {},
  end: Partial<ExchangeEnd> = {},
): string | null {
  const span = telemetry.startExchange({ ...START, ...start });
  span.detail({ conversationId: 'conversation-7', model: 'telltale-demo', isStreamed: true });
  span.upstream('upstream.example:8443');
  for (const moment of MOMENTS) span.event(moment);
  span.finding(FINDING);
  span.end({ ...END, ...end });
  return span.traceId;
}
