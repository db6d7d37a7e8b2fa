import type { CommitOutcome } from '../../alerts/index.ts';
import type { Fields } from '../../rules/index.ts';
import { endSpan } from '../exchange/end-span.ts';
import type { GatewayParts, Route } from '../exchange/parts.ts';
import type { KnownEnding, Recorder } from '../exchange/recorder.ts';
import { ifUnscoredUnrecorded } from '../policy/on-unrecorded.ts';
import type { ExchangeSpan } from '../telemetry/index.ts';
import type { CollectedScan } from './collected-scan.ts';
import type { Unscored } from './unscored-exchange.ts';

export interface UnscoredRecorderParts
  extends Pick<GatewayParts, 'ledger' | 'telemetry' | 'health' | 'log' | 'config'> {
  readonly id: string;
  readonly route: Route;
  readonly fields: () => Fields;
  readonly scan: CollectedScan;
  readonly span: ExchangeSpan;
}

/** Brings an exchange to disk as it is to be scored elsewhere. What was decided does not matter: nothing was. */
export function createUnscoredRecorder(parts: UnscoredRecorderParts): Recorder {
  const startedAt = new Date().toISOString();
  return {
    async record(_decided, ending) {
      const unscored = unscoredOf(parts, startedAt, ending);
      const { exchangeId, conversationId, subject } = unscored;
      const whose = { exchangeId, conversationId, ...(subject !== undefined && { subject }) };
      const body = JSON.stringify(unscored);
      parts.span.event('committing');
      const outcome = await parts.ledger.unscored.add({ ...whose, body });
      parts.health.noteCommit(outcome);
      const used = countUnrecorded(parts, outcome);
      parts.span.event('committed');
      endSpan(parts, { verdict: 'unscored', scoring: null, isTextKept: false }, ending);
      return used;
    },
  };
}

function unscoredOf(parts: UnscoredRecorderParts, startedAt: string, ending: KnownEnding): Unscored {
  const { id, route, scan, span, fields } = parts;
  return {
    version: 1,
    exchangeId: id,
    ...ending.detail,
    startedAt,
    endedAt: new Date().toISOString(),
    route: route.name,
    dialect: route.dialect?.name ?? 'none',
    status: ending.status,
    traceId: span.traceId,
    fields: scan.fieldsThen() ?? fields(),
    segments: scan.collected(),
  };
}

function countUnrecorded(
  { telemetry, log, config, id, span }: UnscoredRecorderParts,
  outcome: CommitOutcome,
): 'pass' | 'block' {
  if (outcome.outcome !== 'unrecorded') return 'pass';
  telemetry.recordUnrecorded();
  const used = ifUnscoredUnrecorded(config.policy);
  telemetry.recordPolicyUse({ policy: 'on_unrecorded', decision: used });
  const { reason, message } = outcome;
  log.warn('exchange not recorded', { exchangeId: id, traceId: span.traceId, reason, message });
  return used;
}
