import { TraceFlags } from '@opentelemetry/api';
import type { ExchangeEnd } from './types.ts';

/** Whether a trace is among the sampled ones: the same answer for the same trace everywhere.
 *  @param ratio - 0 keeps none, 1 all */
export function isInSample(traceId: string, ratio: number): boolean {
  return Number.parseInt(traceId.slice(-8), 16) < ratio * 2 ** 32;
}

/** What decides whether an exchange is traced. */
export interface SampledExchange extends Pick<ExchangeEnd, 'verdict'> {
  readonly traceId: string;
  /** It failed, and not by the client's doing. */
  readonly isFailed: boolean;
  /** Of a caller that is trusted; undefined where there is none. */
  readonly callerFlags: number | undefined;
}

/** Decided when an exchange has ended, since only then it is known whether it was flagged: flagged and failed exchanges
 *  always; under a caller that is trusted, those that the caller samples; of the others the sample. */
export function isKept({ traceId, verdict, isFailed, callerFlags }: SampledExchange, ratio: number): boolean {
  if ((verdict !== 'pass' && verdict !== 'unscored') || isFailed) return true;
  if (callerFlags !== undefined) return (callerFlags & TraceFlags.SAMPLED) !== 0;
  return isInSample(traceId, ratio);
}
