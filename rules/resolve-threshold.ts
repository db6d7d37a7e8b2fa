import type { Aggregate, CalibrationRefusal, Featureset, Role, SignalId } from '../detectors/index.ts';
import { parseRate } from './schema.ts';
import type { ConditionAggregate, Target } from './types.ts';

/** Says what is wrong and at which key of the condition. */
export type Complain = (path: readonly PropertyKey[], message: string) => void;

export interface ConditionContext {
  readonly name: string;
  readonly target: Target;
  readonly featureset: Featureset;
  readonly complain: Complain;
}

/** Who speaks in the segments of a target: the role whose calibration counts. `any` is calibrated over all. */
export const ROLE_OF_TARGET: Readonly<Record<Target, Role | undefined>> = {
  input: 'user',
  output: 'assistant',
  system: 'system',
  tool_call: 'assistant',
  tool_result: 'tool',
  any: undefined,
};

export interface ResolvedThreshold {
  readonly threshold: number;
  readonly rate: number | null;
  readonly rateInterval: readonly [number, number] | null;
}

interface Limits {
  readonly above?: number | undefined;
  readonly rarer_than?: string | undefined;
}

/** The threshold in units of the signal: as given, or looked up for a rate; undefined after a complaint. */
export function resolveThreshold(
  { above, rarer_than: text = '' }: Limits,
  parts: {
    readonly signal: SignalId;
    readonly aggregate: ConditionAggregate;
    readonly context: ConditionContext;
  },
): ResolvedThreshold | undefined {
  if (above !== undefined) return { threshold: above, rate: null, rateInterval: null };
  const { signal, aggregate, context } = parts;
  const { featureset, target, complain } = context;
  const rate = parseRate(text);
  const found = isCalibratable(aggregate)
    ? featureset.threshold(signal, aggregate, rate, ROLE_OF_TARGET[target])
    : neverCalibrated(signal, aggregate);
  if (!('refused' in found)) {
    return { threshold: found.value, rate, rateInterval: found.interval };
  }
  const remedy =
    found.refused === 'sample too small'
      ? `${found.segmentsMissing} more ordinary segments are needed, or a less rare rate`
      : "leave the aggregate to the concept's own, or give the threshold with above";
  complain(['rarer_than'], `rarer_than ${text}: ${found.refused}: ${found.message}; ${remedy}`);
  return undefined;
}

/** Whether an aggregate is one of the detectors', of which there may be a calibration. */
export function isCalibratable(aggregate: ConditionAggregate): aggregate is Aggregate {
  return CALIBRATABLE.has(aggregate.kind);
}

const CALIBRATABLE: ReadonlySet<string> = new Set<Aggregate['kind']>([
  'max',
  'mean',
  'top_k_mean',
  'max_rolling_mean',
]);

function neverCalibrated(signal: SignalId, { kind }: ConditionAggregate): CalibrationRefusal {
  return {
    refused: 'no calibration',
    message: `${signal} has no calibration for ${kind}`,
    segmentsMissing: 0,
  };
}
