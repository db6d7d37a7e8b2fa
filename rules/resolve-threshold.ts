import type { CalibrationRefusal, Role, Threshold } from '../detectors/index.ts';
import {
  aggregateName,
  type CalibratedFeatureset,
  isCalibratable,
  type RateSubject,
  readingName,
} from './rate-subject.ts';
import { parseRate } from './schema.ts';
import type { Target } from './types.ts';

/** Says what is wrong and at which key of the condition. */
export type Complain = (path: readonly PropertyKey[], message: string) => void;

export interface ConditionContext {
  readonly name: string;
  readonly target: Target;
  readonly featureset: CalibratedFeatureset;
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

const LEARN = 'learn it from your own ordinary traffic with telltale rules calibrate TRAFFIC.jsonl';
const GIVE_ABOVE = 'give the threshold with above';

/** The threshold in units of the signal: as given, or looked up for a rate; undefined after a complaint. */
export function resolveThreshold(
  { above, rarer_than: text = '' }: Limits,
  subject: RateSubject,
  { featureset, target, complain }: ConditionContext,
): ResolvedThreshold | undefined {
  if (above !== undefined) return { threshold: above, rate: null, rateInterval: null };
  const rate = parseRate(text);
  const found = thresholdOf(subject, featureset, { rate, role: ROLE_OF_TARGET[target] });
  if (!('refused' in found)) {
    return { threshold: found.value, rate, rateInterval: found.interval };
  }
  const remedy = remedyOf(found, subject, featureset);
  complain(['rarer_than'], `rarer_than ${text}: ${found.refused}: ${found.message}; ${remedy}`);
  return undefined;
}

function thresholdOf(
  subject: RateSubject,
  featureset: CalibratedFeatureset,
  { rate, role }: { readonly rate: number; readonly role: Role | undefined },
): Threshold | CalibrationRefusal {
  const { signal, minus, aggregate } = subject;
  if (minus === null && isCalibratable(aggregate)) return featureset.threshold(signal, aggregate, rate, role);
  const message = `${readingName(subject)} has no calibration for ${aggregateName(subject)}`;
  return (
    featureset.ownThreshold(subject, rate, role) ?? { refused: 'no calibration', message, segmentsMissing: 0 }
  );
}

/** What of an aggregate or a signal without calibration can be done: a concept has one for its own aggregate. */
function remedyOf(
  { refused, segmentsMissing }: CalibrationRefusal,
  { signal, minus, aggregate }: RateSubject,
  featureset: CalibratedFeatureset,
): string {
  if (refused === 'sample too small') {
    return `${segmentsMissing} more ordinary segments are needed, or a less rare rate`;
  }
  const own = featureset.concepts.find(({ name }) => signal === `concept/${name}`)?.aggregate;
  const hasOwn = own !== undefined && minus === null && own.kind !== aggregate.kind;
  return `${hasOwn ? "leave the aggregate to the concept's own, " : ''}${LEARN}, or ${GIVE_ABOVE}`;
}
