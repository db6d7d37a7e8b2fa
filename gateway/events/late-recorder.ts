import { createHash } from 'node:crypto';
import type { ExchangeRecord, SegmentRecord } from '../../alerts/index.ts';
import type { Observed } from '../../rules/index.ts';
import type { GatewayParts } from '../exchange/parts.ts';
import type { EventKeeperParts } from './event-keeper.ts';

/** What the ids of such records begin with. */
export const LATE_PREFIX = 'telltale-correlation-';

export type LateParts = Pick<GatewayParts, 'ledger' | 'telemetry' | 'health' | 'log' | 'detector'>;

/** At once in the queue of the store, which has a bound and is the exchanges' as well. */
const AT_ONCE = 32;

/** Brings what correlations find because time has passed to the store, each as a record of its own: no exchange is there
 *  that it could be part of. From there on it is an alert like any other. */
export function createLateRecorder(parts: LateParts): EventKeeperParts['recordLate'] {
  return async (late) => {
    for (let i = 0; i < late.length; i += AT_ONCE) {
      await Promise.all(late.slice(i, i + AT_ONCE).map((one) => record(parts, one)));
    }
  };
}

async function record(
  { ledger, telemetry, health, log, detector }: LateParts,
  late: Observed,
): Promise<void> {
  telemetry.recordFinding(late.finding);
  const exchange = lateRecord(late, detector.featureset.digest);
  const outcome = await ledger.commit(exchange);
  health.noteCommit(outcome);
  if (outcome.outcome !== 'unrecorded') return;
  telemetry.recordUnrecorded();
  const { reason, message } = outcome;
  const { ruleName } = late.finding;
  log.warn('finding of a correlation not recorded', { rule: ruleName, reason, message });
}

/** The same finding gives the same record, so that one that fires again after a crash is recorded once. The texts are with
 *  the exchanges that the finding names: a person reads here which they are. */
export function lateRecord(
  { finding, at, fields, subject }: Observed,
  featuresetDigest: string,
): ExchangeRecord {
  const events = finding.correlation?.events ?? [];
  const identity = JSON.stringify([finding.ruleId, finding.correlation?.group, at, events]);
  const digest = createHash('sha256').update(identity).digest('hex').slice(0, 32);
  return {
    exchangeId: `${LATE_PREFIX}${digest}`,
    conversationId: fields.conversation ?? 'telltale',
    startedAt: isoOf(events[0]?.at ?? at),
    endedAt: isoOf(at),
    route: fields.route ?? 'telltale',
    dialect: fields.dialect ?? 'none',
    model: fields.model ?? null,
    status: 0,
    isStreamed: false,
    verdict: finding.mode === 'flag' ? 'flag' : 'pass',
    findings: [finding],
    coverage: [],
    segments: finding.mode === 'flag' ? [noteOf(events, at)] : [],
    featuresetDigest,
    traceId: null,
    tenant: fields.tenant ?? null,
    ...(subject !== undefined && { subject }),
  };
}

function noteOf(
  events: NonNullable<Observed['finding']['correlation']>['events'],
  at: number,
): SegmentRecord {
  const lines = events.map(
    (event) => `${isoOf(event.at)} rule ${event.ruleId} in exchange ${event.exchangeId ?? 'unknown'}`,
  );
  const text = `Decided at ${isoOf(at)} by time alone, with no exchange. Until then came:\n${lines.join('\n')}`;
  return {
    segmentId: 'telltale/correlation',
    role: 'telltale',
    target: 'correlation',
    text,
    tokens: [],
    signals: {},
  };
}

function isoOf(at: number): string {
  return new Date(at).toISOString();
}
