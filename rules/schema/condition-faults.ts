import { COMPARISONS } from '../fields/compile-comparison.ts';
import { type Fault, fault, present } from './fault.ts';

/** What of a condition bears on which keys may stand together. */
interface ConditionKeys {
  readonly signal?: unknown;
  readonly field?: unknown;
  readonly aggregate?: string | undefined;
  readonly window?: unknown;
  readonly above?: unknown;
  readonly rarer_than?: unknown;
}

const SIGNAL_KEYS = ['aggregate', 'window', 'above', 'rarer_than'] as const;
const FIELD_KEYS = [...COMPARISONS, 'ignore_case'] as const;
const NEEDS_WINDOW: ReadonlySet<string | undefined> = new Set(['top_k_mean', 'max_rolling_mean']);

/** Keys of a condition that do not go together, each with its place. */
export function findFaults(condition: ConditionKeys): Fault[] {
  if ((condition.signal === undefined) === (condition.field === undefined)) {
    return [fault([], 'must have exactly one of signal, field')];
  }
  return condition.signal === undefined ? fieldFaults(condition) : signalFaults(condition);
}

function fieldFaults(condition: ConditionKeys): Fault[] {
  const misplaced = present(condition, SIGNAL_KEYS).map((key) =>
    fault([key], 'goes with signal, not with field'),
  );
  if (present(condition, COMPARISONS).length === 1) return misplaced;
  return [...misplaced, fault([], `must have exactly one of ${COMPARISONS.join(', ')}`)];
}

function signalFaults(condition: ConditionKeys): Fault[] {
  const faults = present(condition, FIELD_KEYS).map((key) =>
    fault([key], 'goes with field, not with signal'),
  );
  if ((condition.above === undefined) === (condition.rarer_than === undefined)) {
    faults.push(fault([], 'must have exactly one of above, rarer_than'));
  }
  if (NEEDS_WINDOW.has(condition.aggregate) !== (condition.window !== undefined)) {
    faults.push(fault(['window'], 'goes with aggregate top_k_mean or max_rolling_mean, and with no other'));
  }
  return faults;
}
