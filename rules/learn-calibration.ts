import {
  type Activations,
  type Aggregate,
  aggregateOf,
  type Detector,
  type Role,
  type SignalId,
  segmentsFor,
} from '../detectors/index.ts';
import { type CompiledCondition, type CompiledRule, compiledOf } from './compiled.ts';
import { curveOf } from './curve-of.ts';
import { MAX_CALIBRATED_ROUTES, type OwnCalibration } from './own-calibration.ts';
import { isCalibratable, ROLE_OF_TARGET } from './resolve-threshold.ts';
import type { RuleSet } from './types.ts';

/** What a curve is learned of. */
export interface Learned {
  readonly signal: SignalId;
  readonly aggregate: Aggregate;
  /** The rates that rules ask of it, and of whose segments; null for everybody's. */
  readonly asked: readonly { readonly rate: number; readonly role: Role | null }[];
}

/** Takes in the scores of ordinary segments, and makes the calibration of them. */
export interface CalibrationLearner {
  readonly signals: readonly SignalId[];
  /** A whole segment; one without tokens has no score and does not count.
   *  @param route - as rules call it; null where it is not known */
  add(role: Role, activations: Activations, route?: string | null): void;
  segments(): number;
  /** Routes that were learned by themselves, in the order in which they came. */
  routes(): readonly string[];
  /** Segments of a route; of one role, or of all. */
  segmentsOn(route: string, role: Role | null): number;
  /** Segments of routes past the bound: they count for the whole alone. */
  leftOut(): number;
  /** Curves of single routes are made where they carry some rate that a rule asks for.
   *  @throws {RangeError} where no segment was added */
  finish(about: Pick<OwnCalibration, 'featureset' | 'traffic' | 'created'>): OwnCalibration;
}

const MAX: Aggregate = { kind: 'max', window: 1 };

/** What there is to learn: each concept under its own aggregate and its maximum, and what the rules' conditions read. */
export function learnable({ featureset }: Detector, ruleSet: RuleSet | null): readonly Learned[] {
  const concepts = featureset.concepts.flatMap(({ name, aggregate }): Learned[] => {
    const signal: SignalId = `concept/${name}`;
    return [
      { signal, aggregate, asked: [] },
      { signal, aggregate: MAX, asked: [] },
    ];
  });
  const rules = ruleSet === null ? [] : compiledOf(ruleSet).compiledRules;
  const all = [...concepts, ...rules.flatMap((rule) => rule.conditions.flatMap((one) => readIn(rule, one)))];
  const groups = [...Map.groupBy(all, keyOf).values()];
  return groups.flatMap(([first, ...others]) =>
    first === undefined ? [] : [{ ...first, asked: [first, ...others].flatMap(({ asked }) => asked) }],
  );
}

function readIn({ target }: CompiledRule, { signal, aggregate, steps, rate }: CompiledCondition): Learned[] {
  const asked = (stated: number | null) =>
    stated === null ? [] : [{ rate: stated, role: ROLE_OF_TARGET[target] ?? null }];
  if (steps !== null) {
    return steps.map(({ reading, limit }) => ({
      signal: reading.signal,
      aggregate: MAX,
      asked: asked(limit.rate),
    }));
  }
  if (isCalibratable(aggregate)) return [{ signal, aggregate, asked: asked(rate) }];
  return aggregate.kind === 'sustained' ? [{ signal, aggregate: MAX, asked: asked(rate) }] : [];
}

export function createCalibrationLearner(learned: readonly Learned[]): CalibrationLearner {
  const scores = new Map<string, number[]>();
  const counts = new Map<string, Map<Role | null, number>>();
  let segments = 0;
  let leftOut = 0;

  function keep(key: string, value: number): void {
    const known = scores.get(key);
    if (known === undefined) scores.set(key, [value]);
    else known.push(value);
  }

  /** Whether the route is learned by itself. */
  function count(route: string | null, role: Role): boolean {
    if (route === null) return false;
    if (!counts.has(route) && counts.size >= MAX_CALIBRATED_ROUTES) {
      leftOut += 1;
      return false;
    }
    const known = counts.get(route) ?? new Map<Role | null, number>();
    for (const one of [null, role]) known.set(one, (known.get(one) ?? 0) + 1);
    counts.set(route, known);
    return true;
  }

  const segmentsOn = (route: string, role: Role | null) => counts.get(route)?.get(role) ?? 0;
  const isCarried = ({ asked }: Learned, route: string, role: Role | null) =>
    asked.some((one) => one.role === role && segmentsOn(route, role) >= segmentsFor(one.rate));

  return {
    signals: [...new Set(learned.map(({ signal }) => signal))],
    add(role, { tokens, signals }, route = null) {
      if (tokens.length === 0) return;
      segments += 1;
      const hasRoute = count(route, role);
      for (const one of learned) {
        const values = signals.get(one.signal);
        const best = values && aggregateOf(one.aggregate, values, tokens);
        if (!best) continue;
        for (const whose of [null, role]) {
          keep(scoresKey(one, null, whose), best.value);
          const isAsked = hasRoute && one.asked.some((asked) => asked.role === whose);
          if (isAsked) keep(scoresKey(one, route, whose), best.value);
        }
      }
    },
    segments: () => segments,
    routes: () => [...counts.keys()],
    segmentsOn,
    leftOut: () => leftOut,
    finish(about) {
      if (segments === 0) throw new RangeError('no segment with tokens was read');
      const curves = learned.flatMap((one) =>
        [null, ...counts.keys()].flatMap((route) =>
          ROLES.flatMap((role) => {
            const found = scores.get(scoresKey(one, route, role));
            const isWanted = route === null || isCarried(one, route, role);
            const { signal, aggregate } = one;
            return found === undefined || !isWanted
              ? []
              : [curveOf({ signal, aggregate, role, route }, found)];
          }),
        ),
      );
      return { version: 1, ...about, segments, curves };
    },
  };
}

const ROLES = [null, 'system', 'user', 'assistant', 'tool'] as const;

function scoresKey(one: Learned, route: string | null, role: Role | null): string {
  return JSON.stringify([keyOf(one), route, role]);
}

function keyOf({ signal, aggregate: { kind, window } }: Learned): string {
  return `${signal}|${kind}|${kind === 'max' || kind === 'mean' ? 1 : window}`;
}
