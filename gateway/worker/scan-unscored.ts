import type { UnscannedReason } from '../../alerts/index.ts';
import type { Detector } from '../../detectors/index.ts';
import type { RuleSet, SegmentRef } from '../../rules/index.ts';
import type { Config } from '../config/schema.ts';
import type { Unscored } from '../handover/unscored-exchange.ts';
import type { ReplayKeeper } from '../replay/replay-keeper.ts';
import { createExchangeScan, type ExchangeScan } from '../scanning/exchange-scan.ts';
import { sideRef } from '../scanning/side-ref.ts';

export interface UnscoredScanParts {
  readonly config: Pick<Config, 'limits' | 'detector'>;
  readonly detector: Detector;
  readonly ruleSet: RuleSet;
  readonly abortSignal: AbortSignal;
  readonly replay: Pick<ReplayKeeper, 'computedFor'>;
}

/** What another attempt may mend; in line nobody could wait for it. */
const PASSING: ReadonlySet<UnscannedReason> = new Set(['timeout', 'queue_full', 'worker_died']);
const ATTEMPTS = 3;

/** Scores an exchange by the scan that the gateway scores with in line, so that it finds the same.
 *  @throws the signal's reason when it has fired */
export async function scanUnscored(exchange: Unscored, parts: UnscoredScanParts): Promise<ExchangeScan> {
  for (let attempt = 1; ; attempt += 1) {
    const scan = openScan(exchange, parts);
    await scan.end();
    parts.abortSignal.throwIfAborted();
    scan.conclude();
    if (attempt === ATTEMPTS || !hasPassingFailure(scan)) return scan;
  }
}

function openScan(
  exchange: Unscored,
  { config, detector, ruleSet, abortSignal, replay }: UnscoredScanParts,
): ExchangeScan {
  const { limits } = config;
  const scan = createExchangeScan({
    detector,
    ruleSet,
    abortSignal,
    fields: () => exchange.fields,
    computedFor: replay.computedFor,
    maxSegments: limits.max_segments,
    maxSegmentTokens: limits.max_segment_tokens,
    timeoutMs: config.detector.timeout_ms,
  });
  for (const { ref: given, text, skipped } of exchange.segments) {
    const ref = isSide(given) ? sideRef(given.id, ruleSet) : given;
    if (text !== '' || skipped === null) scan.add({ segments: [{ ref, text }], unread: [] });
    if (skipped !== null) scan.gap({ ref, ...skipped });
  }
  return scan;
}

/** What stands for a whole side, stands where the rules of whoever scores are strictest. */
function isSide(ref: SegmentRef): ref is SegmentRef & { readonly id: 'request' | 'response' } {
  return ref.pointer === '' && (ref.id === 'request' || ref.id === 'response');
}

function hasPassingFailure(scan: ExchangeScan): boolean {
  return scan.segments().some(({ coverage: { reason } }) => reason !== null && PASSING.has(reason));
}
