import {
  type Activations,
  type Aggregate,
  type Featureset,
  type Role,
  type SignalId,
  segmentsFor,
} from '../detectors/index.ts';
import { measureOf } from './compile-condition.ts';
import { type CompiledCondition, type CompiledRule, compiledOf } from './compiled.ts';
import { curveOf } from './curve-of.ts';
import { advanceMeter, startMeter, valuesOf } from './meters/meter.ts';
import type { Meter } from './meters/types.ts';
import { MAX_CALIBRATED_ROUTES, type OwnCalibration, writtenOf } from './own-calibration.ts';
import { isCalibratable, keyOfSubject, type RateSubject } from './rate-subject.ts';
import { ROLE_OF_TARGET } from './resolve-threshold.ts';
import type { RuleSet } from './types.ts';

/** What a curve is learned of. */
export interface Learned extends RateSubject {
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

/** What there is to learn: each concept under its own aggregate and its maximum, and what the rules' conditions read.
 *  @param ruleSet - see `loadToLearn`; null for the concepts alone */
export function learnable(featureset: Featureset, ruleSet: RuleSet | null): readonly Learned[] {
  const concepts = featureset.concepts.flatMap(({ name, aggregate }): Learned[] => {
    const about = { signal: `concept/${name}`, minus: null, level: null, asked: [] } as const;
    return [
      { ...about, aggregate },
      { ...about, aggregate: MAX },
    ];
  });
  const rules = ruleSet === null ? [] : compiledOf(ruleSet).compiledRules;
  const all = [...concepts, ...rules.flatMap((rule) => rule.conditions.flatMap((one) => readIn(rule, one)))];
  const groups = [...Map.groupBy(all, keyOfSubject).values()];
  return groups.flatMap(([first, ...others]) =>
    first === undefined ? [] : [{ ...first, asked: [first, ...others].flatMap(({ asked }) => asked) }],
  );
}

function readIn({ target }: CompiledRule, condition: CompiledCondition): Learned[] {
  const { signal, minus, aggregate, meter, per, steps, rate } = condition;
  const asked = (stated: number | null) =>
    stated === null ? [] : [{ rate: stated, role: ROLE_OF_TARGET[target] ?? null }];
  const ofTokens = { aggregate: MAX, level: null };
  if (steps !== null) {
    return steps.map(({ reading, limit }) => {
      return { signal: reading.signal, minus: reading.minus, ...ofTokens, asked: asked(limit.rate) };
    });
  }
  if (per === 'exchange') return [];
  // A curve of what no featureset is calibrated for serves a rate alone.
  if (rate === null && (minus !== null || !isCalibratable(aggregate))) return [];
  if (aggregate.kind === 'sustained') return [{ signal, minus, ...ofTokens, asked: asked(rate) }];
  const level = meter.measure.kind === 'count_above' ? meter.measure.level : null;
  return [{ signal, minus, aggregate, level, asked: asked(rate) }];
}

/** What a whole segment scores; null where it has no tokens. */
function scoreOf(meter: Meter, activations: Activations): number | null {
  const values = valuesOf(meter, activations);
  const batch = { values, next: values, spans: activations.tokens };
  return advanceMeter(meter, startMeter(meter), batch).best?.value ?? null;
}

interface ToMeasure extends Learned {
  readonly meter: Meter;
  /** By route and role. */
  readonly scores: Map<string, number[]>;
}

function toMeasure(learned: Learned): ToMeasure {
  const { signal, minus, aggregate, level } = learned;
  const meter = { signal, minus, measure: measureOf(aggregate, level ?? 0) };
  return { ...learned, meter, scores: new Map() };
}

function keep({ scores }: ToMeasure, place: string, score: number): void {
  const known = scores.get(place);
  if (known === undefined) scores.set(place, [score]);
  else known.push(score);
}

export function createCalibrationLearner(learned: readonly Learned[]): CalibrationLearner {
  const measured = learned.map(toMeasure);
  const counts = new Map<string, Map<Role | null, number>>();
  let segments = 0;
  let leftOut = 0;

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
    signals: [
      ...new Set(learned.flatMap(({ signal, minus }) => (minus === null ? [signal] : [signal, minus]))),
    ],
    add(role, activations, route = null) {
      if (activations.tokens.length === 0) return;
      segments += 1;
      const hasRoute = count(route, role);
      for (const one of measured) {
        const score = scoreOf(one.meter, activations);
        if (score === null) continue;
        for (const whose of [null, role]) {
          keep(one, placeOf(null, whose), score);
          const isAsked = hasRoute && one.asked.some((asked) => asked.role === whose);
          if (isAsked) keep(one, placeOf(route, whose), score);
        }
      }
    },
    segments: () => segments,
    routes: () => [...counts.keys()],
    segmentsOn,
    leftOut: () => leftOut,
    finish(about) {
      if (segments === 0) throw new RangeError('no segment with tokens was read');
      const curves = measured.flatMap((one) =>
        [null, ...counts.keys()].flatMap((route) =>
          ROLES.flatMap((role) => {
            const found = one.scores.get(placeOf(route, role));
            const isWanted = route === null || isCarried(one, route, role);
            return found === undefined || !isWanted
              ? []
              : [curveOf({ ...writtenOf(one), role, route }, found)];
          }),
        ),
      );
      return { version: 1, ...about, segments, curves };
    },
  };
}

const ROLES = [null, 'system', 'user', 'assistant', 'tool'] as const;

function placeOf(route: string | null, role: Role | null): string {
  return JSON.stringify([route, role]);
}
