import { join } from 'node:path';
import type { Detector } from '../../detectors/index.ts';
import type { Config } from '../config/schema.ts';
import { createDriftKeeper, type DriftKeeper, type DriftKeeperParts } from './drift-keeper.ts';

interface Parts extends Pick<DriftKeeperParts, 'currentRules' | 'ledger' | 'telemetry' | 'log'> {
  readonly detector: Pick<Detector, 'featureset'>;
  readonly dataDir: string;
}

/** Begins to hold promised rates against live traffic, as configured; what was counted stands beside the store. */
export function startDrift({ drift }: Config, parts: Parts): Promise<DriftKeeper> {
  const { detector, dataDir, currentRules, ledger, telemetry, log } = parts;
  return createDriftKeeper({
    path: join(dataDir, 'drift.json'),
    featureset: detector.featureset.digest,
    windowMs: Math.round(drift.window_hours * 3_600_000),
    factor: drift.factor,
    checkMs: drift.check_ms,
    currentRules,
    ledger,
    telemetry,
    log,
  });
}
