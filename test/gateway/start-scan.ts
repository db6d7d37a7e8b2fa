import type { Detector } from '../../detectors/index.ts';
import { createExchangeScan, type ExchangeScan } from '../../gateway/scanning/exchange-scan.ts';
import type { RuleSet } from '../../rules/index.ts';
import { createWordDetector } from './word-detector.ts';

export interface ScanOptions {
  readonly detector?: Detector;
  readonly maxSegmentTokens?: number;
}

/** The scan of an exchange that comes to no bound, unless one is given, and of which no field is known. */
export function startScan(ruleSet: RuleSet, options: ScanOptions = {}): ExchangeScan {
  return createExchangeScan({
    detector: createWordDetector(),
    ruleSet,
    abortSignal: new AbortController().signal,
    maxSegments: 1_000,
    maxSegmentTokens: 1e6,
    timeoutMs: 1e6,
    fields: () => ({}),
    ...options,
  });
}
