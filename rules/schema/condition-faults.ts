import { COMPARISONS } from '../fields/compile-comparison.ts';
import { type Fault, fault, present } from './fault.ts';

/** What of a condition bears on which keys may stand together. */
interface ConditionKeys {
  readonly signal?: unknown;
  readonly minus?: unknown;
  readonly field?: unknown;
  readonly aggregate?: string | undefined;
  readonly window?: unknown;
  readonly token_above?: unknown;
  readonly per?: 'segment' | 'exchange' | undefined;
  readonly above?: number | undefined;
  readonly rarer_than?: unknown;
  readonly for?: { readonly until?: number | undefined } | undefined;
  readonly then?: unknown;
}

const SIGNAL_KEYS = [
  'minus',
  'aggregate',
  'window',
  'token_above',
  'per',
  'above',
  'rarer_than',
  'for',
  'then',
] as const;
const FIELD_KEYS = [...COMPARISONS, 'ignore_case'] as const;
const NEEDS_WINDOW: ReadonlySet<string | undefined> = new Set(['top_k_mean', 'max_rolling_mean', 'ema']);

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
  const { aggregate } = condition;
  const faults = present(condition, FIELD_KEYS).map((key) =>
    fault([key], 'goes with field, not with signal'),
  );
  if ((condition.above === undefined) === (condition.rarer_than === undefined)) {
    faults.push(fault([], 'must have exactly one of above, rarer_than'));
  }
  if (NEEDS_WINDOW.has(aggregate) !== (condition.window !== undefined)) {
    const which = 'top_k_mean, max_rolling_mean or ema';
    faults.push(fault(['window'], `goes with aggregate ${which}, and with no other`));
  }
  if ((aggregate === 'count_above') !== (condition.token_above !== undefined)) {
    faults.push(fault(['token_above'], 'goes with aggregate count_above, and with no other'));
  }
  if (condition.per === 'exchange' && condition.rarer_than !== undefined) {
    faults.push(
      fault(
        ['rarer_than'],
        'is a rate of segments, of which an exchange has many, and none is known of exchanges; give the threshold with above (telltale rules replay shows how often it fires)',
      ),
    );
  }
  return [...faults, ...tokenFaults(condition)];
}

/** `for` and `then` look at tokens, not at what an aggregate makes of them. */
function tokenFaults(condition: ConditionKeys): Fault[] {
  const [first, second] = present(condition, ['for', 'then']);
  if (first === undefined) return [];
  const faults =
    second === undefined ? [] : [fault([second], `does not go with ${first}; write two conditions`)];
  if (condition.aggregate !== undefined)
    faults.push(fault(['aggregate'], `does not go with ${first}, which looks at tokens`));
  if (condition.per === 'exchange')
    faults.push(fault(['per'], `does not go with ${first}, which looks at tokens of one segment`));
  const until = condition.for?.until;
  if (until !== undefined && condition.above !== undefined && until > condition.above) {
    faults.push(fault(['for', 'until'], `must be at most above, which is ${condition.above}`));
  }
  return faults;
}
