import type { SignalId } from '../detectors/index.ts';
import type { CompiledCondition } from './compiled.ts';
import { signalsOf } from './meters/meter.ts';
import type { Measure, Meter } from './meters/types.ts';
import { type ResolvedReading, resolveReading } from './resolve-reading.ts';
import { type ConditionContext, type ResolvedThreshold, resolveThreshold } from './resolve-threshold.ts';
import type { ConditionDefinition } from './schema.ts';
import type { ConditionAggregate } from './types.ts';

/** What a threshold of single tokens is calibrated as. */
const OF_TOKENS = { aggregate: { kind: 'max', window: 1 }, level: null } as const;

/** Resolves a condition on a signal against the featureset; undefined after a complaint. */
export function compileCondition(
  definition: ConditionDefinition,
  context: ConditionContext,
): CompiledCondition | undefined {
  const { signal, minus } = definition;
  const reading = signal && resolveReading({ signal, minus }, context);
  if (reading === undefined) return undefined;
  if (definition.then !== undefined) return compileThen(definition, reading, context);
  if (definition.for !== undefined) return compileFor(definition, reading, context);
  const aggregate = aggregateOf(definition, reading);
  const level = definition.token_above ?? null;
  const limit = resolveThreshold(definition, { ...reading, aggregate, level }, context);
  if (limit === undefined) return undefined;
  const measure = measureOf(aggregate, level ?? 0);
  const condition = assemble(context, { reading, aggregate, measure, limit });
  return { ...condition, per: definition.per ?? 'segment' };
}

function aggregateOf(
  { aggregate, window }: ConditionDefinition,
  reading: ResolvedReading,
): ConditionAggregate {
  return aggregate === undefined ? reading.ownAggregate : { kind: aggregate, window: window ?? 1 };
}

/** How an aggregate becomes one value of a segment. */
export function measureOf({ kind, window }: ConditionAggregate, level: number): Measure {
  switch (kind) {
    case 'sum':
      return { kind };
    case 'count_above':
      return { kind, level };
    case 'ema':
      return { kind, window };
    case 'max':
    case 'mean':
    case 'top_k_mean':
    case 'max_rolling_mean':
      return { kind: 'aggregate', aggregate: { kind, window } };
    default:
      throw new TypeError(`${kind} is no aggregate of one reading`);
  }
}

function compileFor(
  definition: ConditionDefinition,
  reading: ResolvedReading,
  context: ConditionContext,
): CompiledCondition | undefined {
  const { tokens = 1, of: window = 1, until } = definition.for ?? {};
  // So many tokens are above a value no more often than one is: the rate of a single token is kept.
  const limit = resolveThreshold(definition, { ...reading, ...OF_TOKENS }, context);
  if (limit === undefined) return undefined;
  const on = limit.threshold;
  if (until !== undefined && until > on) {
    context.complain(
      ['for', 'until'],
      `for.until: ${until} is above the threshold ${on}; give ${Math.floor(on * 1e4) / 1e4} or less`,
    );
    return undefined;
  }
  const switches = until === undefined || until === on ? null : { on, off: until };
  const measure: Measure = { kind: 'sustained', tokens, window, switches };
  return assemble(context, { reading, aggregate: { kind: 'sustained', window }, measure, limit });
}

function compileThen(
  definition: ConditionDefinition,
  reading: ResolvedReading,
  context: ConditionContext,
): CompiledCondition | undefined {
  const step = definition.then;
  if (step === undefined) return undefined;
  const complain: ConditionContext['complain'] = (path, message) =>
    context.complain(['then', ...path], message);
  const inner = { ...context, complain };
  const next = resolveReading(step, inner);
  const limit = resolveThreshold(definition, { ...reading, ...OF_TOKENS }, context);
  const second = next && resolveThreshold(step, { ...next, ...OF_TOKENS }, inner);
  if (next === undefined || limit === undefined || second === undefined) return undefined;
  const { signal, minus } = next;
  const measure: Measure = {
    kind: 'pair',
    first: limit.threshold,
    next: { signal, minus },
    second: second.threshold,
    window: step.within,
  };
  const aggregate: ConditionAggregate = { kind: 'pair', window: step.within };
  // The value of a pair is the lesser of its margins.
  const whole = { threshold: 0, rate: null, rateInterval: null };
  const condition = assemble(context, { reading, aggregate, measure, limit: whole });
  const steps = [
    { reading: { ...reading }, limit },
    { reading: next, limit: second },
  ] as const;
  return { ...condition, steps };
}

interface Parts {
  readonly reading: ResolvedReading;
  readonly aggregate: ConditionAggregate;
  readonly measure: Measure;
  readonly limit: ResolvedThreshold;
}

function assemble(
  { name }: ConditionContext,
  { reading, aggregate, measure, limit }: Parts,
): CompiledCondition {
  const { signal, minus, weights } = reading;
  const meter: Meter = { signal, minus, measure };
  const signals: readonly SignalId[] = signalsOf(meter);
  return { name, signal, minus, aggregate, weights, meter, signals, per: 'segment', steps: null, ...limit };
}
