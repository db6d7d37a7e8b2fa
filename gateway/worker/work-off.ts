import type { Arrival, ExchangeRecord, Ledger } from '../../alerts/index.ts';
import type { Detector } from '../../detectors/index.ts';
import type { Fields, Finding, RuleSet } from '../../rules/index.ts';
import type { Config } from '../config/schema.ts';
import type { DriftKeeper } from '../drift/drift-keeper.ts';
import type { EventKeeper } from '../events/event-keeper.ts';
import {
  countCoverage,
  exchangeRecord,
  observeFindings,
  type ScoredExchange,
  withFindings,
} from '../exchange/exchange-record.ts';
import { readUnscored, type Unreadable, type Unscored } from '../handover/unscored-exchange.ts';
import type { Health } from '../health.ts';
import { decideAfterwards } from '../policy/decide-afterwards.ts';
import type { ReplayKeeper } from '../replay/replay-keeper.ts';
import type { ExchangeScan } from '../scanning/exchange-scan.ts';
import type { Gate } from '../scanning/gate.ts';
import type { Logger, Telemetry } from '../telemetry/index.ts';
import { createDurably, type Durably } from './durably.ts';
import type { Progress } from './progress.ts';
import { scanUnscored } from './scan-unscored.ts';

export interface WorkParts {
  readonly config: Pick<Config, 'limits' | 'detector' | 'policy'>;
  readonly detector: Detector;
  readonly currentRules: () => RuleSet;
  readonly ledger: Pick<Ledger, 'commit' | 'tryCommit' | 'unscored' | 'known'>;
  readonly events: Pick<EventKeeper, 'observe'>;
  readonly telemetry: Pick<Telemetry, 'recordFinding' | 'recordWork' | 'recordScanned' | 'recordUnscanned'>;
  readonly health: Pick<Health, 'noteCommit'>;
  /** Holds promised rates against what is scored. */
  readonly drift: Pick<DriftKeeper, 'note'>;
  /** Keeps what was read, for rules to be held against it again. */
  readonly replay: Pick<ReplayKeeper, 'computedFor' | 'keep'>;
  readonly progress: Pick<Progress, 'note'>;
  readonly log: Logger;
  /** How many exchanges are at the reader at once, of all partitions. */
  readonly gate: Gate;
}

/** An arrival that is to be recorded: what was found in it, or why it could not be read. */
type Prepared =
  | {
      readonly kind: 'scored';
      readonly exchange: Unscored;
      readonly ruleSet: RuleSet;
      readonly scan: ExchangeScan;
    }
  | ({ readonly kind: 'unreadable' } & Unreadable);

/** Scores what came, several at once, and records it in the order in which it came; what is recorded already is let go.
 *  Resolves when all of it is on disk: as exchanges with their findings, or as dead letters.
 *  @throws the signal's reason when it has fired */
export async function workOff(
  arrivals: readonly Arrival[],
  parts: WorkParts,
  abortSignal: AbortSignal,
): Promise<void> {
  const durably = createDurably({ ...parts, abortSignal });
  const ids = arrivals.map(({ exchangeId }) => exchangeId);
  const known = new Set(await durably.ask(() => parts.ledger.known(ids)));
  const giveUp = new AbortController();
  const signal = AbortSignal.any([abortSignal, giveUp.signal]);
  const prepared = arrivals.map((arrival) =>
    known.has(arrival.exchangeId) ? null : prepare(arrival, parts, signal),
  );
  // A failure is met where its turn comes.
  for (const one of prepared) one?.catch(() => {});
  try {
    for (const [index, arrival] of arrivals.entries()) {
      // Awaited even where it came twice: its scan must not outlive the work.
      const one = (await prepared[index]) ?? null;
      if (one === null || known.has(arrival.exchangeId)) parts.telemetry.recordWork('duplicate', 0);
      else await record(arrival, one, { ...parts, durably });
      known.add(arrival.exchangeId);
    }
  } finally {
    giveUp.abort();
    await Promise.allSettled(prepared);
  }
}

async function prepare(
  { body, problem, exchangeId }: Arrival,
  parts: WorkParts,
  abortSignal: AbortSignal,
): Promise<Prepared> {
  if (body === null || problem !== null)
    return { kind: 'unreadable', problem: problem ?? 'nothing of it came' };
  const exchange = readUnscored(body);
  if ('problem' in exchange) {
    const problem = `the exchange cannot be read: ${exchange.problem}`;
    return { ...exchange, kind: 'unreadable', problem };
  }
  if (exchange.exchangeId !== exchangeId)
    return {
      kind: 'unreadable',
      problem: `the exchange says that it is ${exchange.exchangeId}`,
      ...(exchange.subject !== undefined && { subject: exchange.subject }),
    };
  const leave = await parts.gate.enter();
  try {
    abortSignal.throwIfAborted();
    const ruleSet = parts.currentRules();
    const scan = await scanUnscored(exchange, { ...parts, ruleSet, abortSignal });
    return { kind: 'scored', exchange, ruleSet, scan };
  } finally {
    leave();
  }
}

type Recording = WorkParts & { readonly durably: Durably };

async function record(arrival: Arrival, one: Prepared, parts: Recording): Promise<void> {
  const { telemetry, log, durably } = parts;
  const { exchangeId, conversationId, body } = arrival;
  if (one.kind === 'unreadable') {
    const whose = { exchangeId, conversationId, ...(one.subject !== undefined && { subject: one.subject }) };
    await durably.ask(() => parts.ledger.unscored.bury({ ...whose, body }, one.problem));
    log.warn('message became a dead letter', { exchangeId, problem: one.problem });
    telemetry.recordWork('dead', 0);
    return;
  }
  const { record: made, findings } = recordOf(one, parts);
  const outcome = await durably.commit(made);
  for (const finding of findings) telemetry.recordFinding(finding);
  countCoverage(made.coverage, telemetry);
  parts.drift.note({ ruleSet: one.ruleSet, route: made.route, segments: one.scan.judged() });
  if (outcome.outcome === 'committed') {
    parts.replay.keep({ record: made, ruleSet: one.ruleSet, segments: one.scan.kept });
  }
  parts.progress.note(Date.parse(made.endedAt));
  if (outcome.outcome === 'unrecorded') {
    log.warn('exchange became a dead letter', {
      exchangeId,
      reason: outcome.reason,
      message: outcome.message,
    });
    telemetry.recordWork('dead', 0);
  } else if (outcome.outcome === 'sampled') telemetry.recordWork('sampled', 0);
  else telemetry.recordWork('scored', Date.now() - Date.parse(made.endedAt));
}

function recordOf(
  { exchange, ruleSet, scan }: Extract<Prepared, { kind: 'scored' }>,
  { config, detector, events }: WorkParts,
): { readonly record: ExchangeRecord; readonly findings: readonly Finding[] } {
  const { version: _version, segments: _segments, exchangeId, ...head } = exchange;
  // By the end the conversation is known, where it was not when the first segment began.
  const fields: Fields = { ...head.fields, conversation: head.conversationId };
  const scored: ScoredExchange = { exchangeId, ruleSet, scan, fields: () => fields };
  // The time of the exchange, so that a worker that is behind counts in the windows in which it happened.
  const findings = observeFindings(scored, events, { at: Date.parse(head.endedAt), subject: head.subject });
  const { policy } = config;
  const decision = decideAfterwards(scan.findings(), scan.segments(), { ruleSet, policy });
  const { verdict } = withFindings(decision, findings);
  const { fields: _fields, ...told } = head;
  const featuresetDigest = detector.featureset.digest;
  return { record: exchangeRecord(scored, { ...told, featuresetDigest }, { verdict, findings }), findings };
}
