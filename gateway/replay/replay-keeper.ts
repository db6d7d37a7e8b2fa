import { setImmediate } from 'node:timers/promises';
import {
  createKeptStore,
  type ExchangeRecord,
  type KeptStats,
  type KeptStoreParts,
} from '../../alerts/index.ts';
import type { Featureset } from '../../detectors/index.ts';
import {
  encodeExchange,
  type Finding,
  type FiredRule,
  type KeptSegment,
  type RuleSet,
} from '../../rules/index.ts';
import type { Config } from '../config/schema.ts';
import type { Logger } from '../telemetry/index.ts';
import { type ComputedFor, createComputedFor } from './computed-signals.ts';

/** An exchange that is on disk. */
export interface RecordedExchange {
  readonly record: ExchangeRecord;
  readonly ruleSet: RuleSet;
  /** What became of its segments; asked for once nobody waits for the exchange any more. */
  readonly segments: () => readonly KeptSegment[];
}

/** Keeps what exchanges were read as, for rules to be held against them again. */
export interface ReplayKeeper {
  readonly computedFor: ComputedFor;
  /** Takes an exchange; nobody waits for it. */
  keep(recorded: RecordedExchange): void;
  stats(): KeptStats;
  /** Writes what waits. */
  close(): Promise<void>;
}

export interface ReplayKeeperParts {
  readonly config: Config['replay'];
  readonly dataDir: string;
  readonly featureset: Featureset;
  readonly known: KeptStoreParts['known'];
  readonly log: Logger;
}

/** Where nothing is to be kept, what was kept before still leaves with its exchange. */
export function createReplayKeeper(parts: ReplayKeeperParts): ReplayKeeper {
  const { config, dataDir, featureset, known, log } = parts;
  const onTrouble = (error: Error) => log.error('exchanges cannot be kept for replay', error);
  const store = createKeptStore({
    dataDir,
    maxBytes: config.max_bytes,
    known,
    onTrouble,
    onSetAside: ({ path, reason }) => log.warn('damaged replay store set aside', { path, reason }),
  });
  const packing = new Set<Promise<void>>();
  const pack = async ({ record, ruleSet, segments }: RecordedExchange): Promise<void> => {
    await setImmediate();
    try {
      store.keep(toKeep(record, ruleSet, segments()));
    } catch (error) {
      onTrouble(error instanceof Error ? error : new Error(String(error)));
    }
  };
  return {
    computedFor: createComputedFor(config.keep, featureset),
    keep(recorded) {
      // Where no rule read anything there is nothing to judge again.
      if (config.keep === 'off' || recorded.ruleSet.signals.length === 0) return;
      const packed = pack(recorded).finally(() => packing.delete(packed));
      packing.add(packed);
    },
    stats: store.stats,
    async close() {
      await Promise.all(packing);
      await store.close();
    },
  };
}

function toKeep(record: ExchangeRecord, ruleSet: RuleSet, segments: readonly KeptSegment[]) {
  const { exchangeId, conversationId, subject = null, endedAt, featuresetDigest, verdict } = record;
  const isCorrelated = ({ correlation }: Finding) => correlation !== undefined;
  const data = encodeExchange({
    featuresetDigest,
    ruleSetDigest: ruleSet.digest,
    verdict,
    fired: firedIn(record.findings.filter((finding) => !isCorrelated(finding))),
    correlated: firedIn(record.findings.filter(isCorrelated)),
    segments,
  });
  const tokens = record.coverage.reduce((sum, entry) => sum + entry.tokens, 0);
  return { exchangeId, conversationId, subject, endedAt, tokens, data };
}

function firedIn(findings: readonly Finding[]): FiredRule[] {
  const fired = findings.map(({ ruleId, ruleName, mode }) => {
    return [ruleId, { id: ruleId, name: ruleName, isAlerting: mode !== 'shadow' }] as const;
  });
  return [...new Map(fired).values()];
}
