import { createHash } from 'node:crypto';
import { type CompiledCondition, type CompiledRule, compiledOf, type Plan } from './compiled.ts';
import type { State } from './evaluate.ts';
import { keyOfMeter } from './meters/meter.ts';
import { thresholdsOf } from './route-rules.ts';
import type { ConditionAggregate, RuleSet, SegmentState } from './types.ts';

/** A threshold that was given as a false-alarm rate: at most so many ordinary segments reach it. */
export interface Promised {
  /** Of rule and condition; unique in a set. */
  readonly key: string;
  readonly ruleId: string;
  readonly ruleName: string;
  readonly condition: string;
  readonly signal: CompiledCondition['signal'];
  /** Taken off the signal; null where nothing is. */
  readonly minus: CompiledCondition['minus'];
  readonly aggregate: ConditionAggregate;
  readonly rate: number;
  /** Whether fewer than `rate` are to be expected: of `for` and `then` the rate is that of single tokens. */
  readonly isBound: boolean;
  /** The same as long as signal, threshold and rate are: counts of another cannot be added to it. */
  readonly fingerprint: string;
}

/** What one segment said of the promises that its rules make. */
export interface PromisesSeen {
  /** Keys of those that were held against it. */
  readonly held: readonly string[];
  /** Keys of those whose threshold it reached. */
  readonly reached: readonly string[];
}

/** The rates that active rules promise, in the order of rules and conditions. */
export function promisesOf(ruleSet: RuleSet): readonly Promised[] {
  const active = compiledOf(ruleSet).compiledRules.filter(({ mode }) => mode !== 'off');
  return active.flatMap((rule) =>
    rule.conditions.flatMap((condition): Promised[] => {
      const promise = promiseOf(condition);
      if (promise === null) return [];
      const { name, signal, minus, aggregate } = condition;
      return [
        {
          key: keyOf(rule, condition),
          ruleId: rule.id,
          ruleName: rule.name,
          condition: name,
          signal,
          minus,
          aggregate,
          ...promise,
          fingerprint: fingerprintOf(rule, name, promise.rate),
        },
      ];
    }),
  );
}

/** What a segment that has been read to its end says of the promises of the rules that read it. */
export function promisesSeen(state: SegmentState): PromisesSeen {
  const { plan, meters, tokens } = state as State;
  if (tokens === 0) return { held: [], reached: [] };
  const { keys, places } = promisesIn(plan);
  const reached = places.filter(
    ({ meter, threshold }) => (meters[meter]?.best?.value ?? Number.NEGATIVE_INFINITY) > threshold,
  );
  return { held: keys, reached: reached.map(({ key }) => key) };
}

interface Place {
  readonly key: string;
  readonly meter: number;
  readonly threshold: number;
}

interface PlanPromises {
  readonly keys: readonly string[];
  readonly places: readonly Place[];
}

/** Plans are kept for many segments. */
const KNOWN = new WeakMap<Plan, PlanPromises>();

function promisesIn(plan: Plan): PlanPromises {
  const known = KNOWN.get(plan);
  if (known !== undefined) return known;
  const places = plan.rules.flatMap(({ rule, meterOf }) =>
    rule.conditions.flatMap((condition, i): Place[] =>
      promiseOf(condition) === null
        ? []
        : [{ key: keyOf(rule, condition), meter: meterOf[i] ?? -1, threshold: condition.threshold }],
    ),
  );
  const found = { keys: places.map(({ key }) => key), places };
  KNOWN.set(plan, found);
  return found;
}

function keyOf({ id }: Pick<CompiledRule, 'id'>, { name }: Pick<CompiledCondition, 'name'>): string {
  return `${id}/${name}`;
}

/** Of the two steps of a `then` the rarer one bounds the pair. */
function promiseOf({ rate, steps, aggregate }: CompiledCondition): Pick<Promised, 'rate' | 'isBound'> | null {
  if (steps === null) return rate === null ? null : { rate, isBound: aggregate.kind === 'sustained' };
  const rates = steps.flatMap(({ limit }) => limit.rate ?? []);
  return rates.length === 0 ? null : { rate: Math.min(...rates), isBound: true };
}

function fingerprintOf(rule: CompiledRule, condition: string, rate: number): string {
  const numbers = ({ conditions }: CompiledRule) => {
    const found = conditions.find(({ name }) => name === condition);
    return found && [keyOfMeter(found.meter), thresholdsOf(found)];
  };
  const routes = [...rule.onRoutes].map(([route, one]) => [route, numbers(one)]);
  const parts = [rate, numbers(rule), routes];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
