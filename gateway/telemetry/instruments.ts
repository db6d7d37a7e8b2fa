import type { Counter, Histogram, Meter } from '@opentelemetry/api';
import { createLabelBound } from './label-bound.ts';
import { METRIC_NAMES } from './metric-names.ts';
import type { ExchangeEnd, ExchangeStart, Telemetry } from './types.ts';

/** Seconds; fine below 100 ms, where the gateway's own share lies. */
export const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** A worker may be behind by hours. */
const DELAY_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14_400];

const DRIFT_OUTCOMES: readonly Parameters<Telemetry['recordDriftAlert']>[1][] = [
  'raised',
  'held_back',
  'sampled',
  'unrecorded',
];
const MAX_ROUTES = 64;
const MAX_STATUSES = 64;
const MAX_RULES = 1_000;

/** What is counted as it happens. */
export interface Instruments
  extends Pick<
    Telemetry,
    | 'recordUnscanned'
    | 'recordPolicyUse'
    | 'recordError'
    | 'recordUnrecorded'
    | 'recordRuleReload'
    | 'recordHeldBack'
    | 'recordEvictedGroups'
    | 'recordForgottenWords'
    | 'recordIgnoredHeader'
    | 'recordScanned'
    | 'recordDriftAlert'
    | 'recordFinding'
    | 'recordWork'
  > {
  /** One that found no room in what holds them. */
  recordDroppedExemplar(): void;
  /** One that found no room in the span of its exchange. */
  recordDroppedFinding(): void;
  recordExchange(start: ExchangeStart, end: ExchangeEnd, durationMs: number): void;
}

/** Counters and histograms, with every label bounded. */
export function createInstruments(meter: Meter): Instruments {
  const counters = createCounters(meter);
  startAtZero(counters);
  const duration = secondsHistogram(
    meter,
    METRIC_NAMES.exchangeDuration,
    'From request to the end of its answer',
  );
  const firstByte = secondsHistogram(
    meter,
    METRIC_NAMES.firstByte,
    'From request to the first byte of its answer',
  );
  const added = secondsHistogram(
    meter,
    METRIC_NAMES.addedLatency,
    'What the gateway adds: time of an exchange in which it waits neither for the client nor for the upstream',
  );
  const delay = meter.createHistogram(METRIC_NAMES.workerDelay, {
    description: "From an exchange's end at the gateway until its findings were on disk",
    unit: 's',
    advice: { explicitBucketBoundaries: DELAY_SECONDS },
  });
  const reloadFailed = meter.createGauge(METRIC_NAMES.rulesReloadFailed, {
    description: '1 while the rule files are broken and the rules of before are at work',
  });
  reloadFailed.record(0);
  const route = createLabelBound(MAX_ROUTES);
  const status = createLabelBound(MAX_STATUSES);
  const rule = createLabelBound(MAX_RULES);
  return {
    recordUnscanned: (reason) => counters.unscanned.add(1, { reason }),
    recordPolicyUse: ({ policy, decision }) => counters.policyUses.add(1, { policy, decision }),
    recordError: (error) => counters.errors.add(1, { error }),
    recordUnrecorded: () => counters.unrecorded.add(1),
    recordRuleReload(outcome) {
      counters.ruleReloads.add(1, { outcome });
      reloadFailed.record(outcome === 'refused' ? 1 : 0);
    },
    recordHeldBack: (name, count) => counters.heldBack.add(count, { rule: rule(name) }),
    recordEvictedGroups: (count) => counters.evictedGroups.add(count),
    recordForgottenWords: (count) => counters.forgottenWords.add(count),
    recordIgnoredHeader: (header) => counters.ignoredHeaders.add(1, { header }),
    recordScanned: (count) => counters.scanned.add(count),
    recordDroppedExemplar: () => counters.dropped.add(1, DROPPED_EXEMPLAR),
    recordDroppedFinding: () => counters.dropped.add(1, DROPPED_FINDING),
    recordDriftAlert: (direction, outcome) => counters.driftAlerts.add(1, { direction, outcome }),
    recordWork(outcome, delayMs) {
      counters.worked.add(1, { outcome });
      if (outcome === 'scored') delay.record(Math.max(0, delayMs) / 1000);
    },
    recordFinding({ ruleName, mode, level }) {
      counters.findings.add(1, { rule: rule(ruleName), mode, level });
    },
    recordExchange(start, end, durationMs) {
      const { dialect } = start;
      counters.exchanges.add(1, {
        dialect,
        route: route(start.route),
        verdict: end.verdict,
        status: status(String(end.status)),
      });
      duration.record(durationMs / 1000, { dialect });
      added.record(end.addedMs / 1000, { dialect });
      if (end.firstByteMs !== null) firstByte.record(end.firstByteMs / 1000, { dialect });
      if (end.error !== null) counters.errors.add(1, { error: end.error });
    },
  };
}

function createCounters(meter: Meter) {
  const counter = (name: string, description: string): Counter => meter.createCounter(name, { description });
  return {
    exchanges: counter(METRIC_NAMES.exchanges, 'Finished exchanges'),
    findings: counter(METRIC_NAMES.findings, 'Rules that matched in a segment'),
    scanned: counter(METRIC_NAMES.scanned, 'Segments that were scanned'),
    unscanned: counter(METRIC_NAMES.unscanned, 'Segments that were not scanned'),
    policyUses: counter(
      METRIC_NAMES.policyUses,
      'Times a policy decided because the normal way was not open',
    ),
    errors: counter(METRIC_NAMES.errors, 'Exchanges and other work that did not go as asked'),
    unrecorded: counter(METRIC_NAMES.unrecorded, 'Exchanges whose record the store refused'),
    heldBack: counter(METRIC_NAMES.heldBack, 'Findings that became no alert, since their rule groups alerts'),
    forgottenWords: counter(
      METRIC_NAMES.forgottenWords,
      'Words that a group of a correlation had no room to remember: sent again, they count again',
    ),
    evictedGroups: counter(
      METRIC_NAMES.evictedGroups,
      'Groups of correlations or alerts that were given up for newer ones',
    ),
    driftAlerts: counter(
      METRIC_NAMES.driftAlerts,
      'Thresholds whose live rate left the promised one, and what became of the alert',
    ),
    ignoredHeaders: counter(
      METRIC_NAMES.ignoredHeaders,
      'Headers on whose a request is, from hops that are not trusted with it',
    ),
    dropped: droppedCounter(meter),
    worked: counter(
      METRIC_NAMES.workerExchanges,
      'Exchanges that came to this worker, by what became of them',
    ),
    ruleReloads: counter(METRIC_NAMES.ruleReloads, 'Reloads of the rules, refused ones included'),
  };
}

/** There from the start, as far as all label sets are known and few. Of a counter that is only there from its first event
 *  on, Prometheus sees no increase in that event, and an alert on it would miss it. */
function startAtZero(counters: ReturnType<typeof createCounters>): void {
  for (const one of [counters.unrecorded, counters.evictedGroups, counters.forgottenWords, counters.scanned])
    one.add(0);
  for (const outcome of ['loaded', 'refused']) counters.ruleReloads.add(0, { outcome });
  for (const direction of ['above', 'below']) {
    for (const outcome of DRIFT_OUTCOMES) counters.driftAlerts.add(0, { direction, outcome });
  }
}

/** Spans that found no room are counted by the SDK itself. */
const DROPPED_EXEMPLAR = { what: 'exemplars' };
const DROPPED_FINDING = { what: 'findings' };

/** There from the start, at 0: that nothing was dropped is worth knowing. */
function droppedCounter(meter: Meter): Counter {
  const dropped = meter.createCounter(METRIC_NAMES.dropped, {
    description: 'Exemplars, and findings of spans, that were given up since there was no room for them',
  });
  dropped.add(0, DROPPED_EXEMPLAR);
  dropped.add(0, DROPPED_FINDING);
  return dropped;
}

function secondsHistogram(meter: Meter, name: string, description: string): Histogram {
  return meter.createHistogram(name, {
    description,
    unit: 's',
    advice: { explicitBucketBoundaries: SECONDS },
  });
}
