import {
  type Activations,
  type Aggregate,
  aggregateOf,
  type Detector,
  type Role,
  type SignalId,
} from '../detectors/index.ts';
import { type CompiledCondition, compiledOf } from './compiled.ts';
import type { OwnCalibration } from './own-calibration.ts';
import { isCalibratable } from './resolve-threshold.ts';
import type { RuleSet } from './types.ts';

/** What a curve is learned of. */
export interface Learned {
  readonly signal: SignalId;
  readonly aggregate: Aggregate;
}

/** Takes in the scores of ordinary segments, and makes the calibration of them. */
export interface CalibrationLearner {
  readonly signals: readonly SignalId[];
  /** A whole segment; one without tokens has no score and does not count. */
  add(role: Role, activations: Activations): void;
  segments(): number;
  /** @throws {RangeError} where no segment was added */
  finish(about: Pick<OwnCalibration, 'featureset' | 'traffic' | 'created'>): OwnCalibration;
}

const MAX: Aggregate = { kind: 'max', window: 1 };
/** All of the highest scores are kept, of the others ever fewer: what rare rates need is exact. */
const ALL_OF = 1_000;
const STEP = 1.01;

/** What there is to learn: each concept under its own aggregate and its maximum, and what the rules' conditions read. */
export function learnable({ featureset }: Detector, ruleSet: RuleSet | null): readonly Learned[] {
  const concepts = featureset.concepts.flatMap(({ name, aggregate }): Learned[] => {
    const signal: SignalId = `concept/${name}`;
    return [
      { signal, aggregate },
      { signal, aggregate: MAX },
    ];
  });
  const conditions =
    ruleSet === null ? [] : compiledOf(ruleSet).compiledRules.flatMap((rule) => rule.conditions);
  const all = [...concepts, ...conditions.flatMap(readIn)];
  return [...new Map(all.map((one) => [keyOf(one), one])).values()];
}

function readIn({ signal, aggregate, steps }: CompiledCondition): Learned[] {
  if (steps !== null) return steps.map(({ reading }) => ({ signal: reading.signal, aggregate: MAX }));
  if (isCalibratable(aggregate)) return [{ signal, aggregate }];
  return aggregate.kind === 'sustained' ? [{ signal, aggregate: MAX }] : [];
}

export function createCalibrationLearner(learned: readonly Learned[]): CalibrationLearner {
  const scores = new Map<string, number[]>();
  let segments = 0;
  const keep = (key: string, value: number) => {
    const known = scores.get(key);
    if (known === undefined) scores.set(key, [value]);
    else known.push(value);
  };
  return {
    signals: [...new Set(learned.map(({ signal }) => signal))],
    add(role, { tokens, signals }) {
      if (tokens.length === 0) return;
      segments += 1;
      for (const one of learned) {
        const values = signals.get(one.signal);
        const best = values && aggregateOf(one.aggregate, values, tokens);
        if (!best) continue;
        keep(`${keyOf(one)}|`, best.value);
        keep(`${keyOf(one)}|${role}`, best.value);
      }
    },
    segments: () => segments,
    finish(about) {
      if (segments === 0) throw new RangeError('no segment with tokens was read');
      const curves = learned.flatMap((one) =>
        ROLES.flatMap((role) => {
          const found = scores.get(`${keyOf(one)}|${role ?? ''}`);
          return found === undefined ? [] : [curveOf(one, role, found)];
        }),
      );
      return { version: 1, ...about, segments, curves };
    },
  };
}

const ROLES = [null, 'system', 'user', 'assistant', 'tool'] as const;

function keyOf({ signal, aggregate: { kind, window } }: Learned): string {
  return `${signal}|${kind}|${kind === 'max' || kind === 'mean' ? 1 : window}`;
}

function curveOf({ signal, aggregate }: Learned, role: Role | null, scores: readonly number[]) {
  const sorted = Float32Array.from(scores).sort().reverse();
  const ranks: number[] = [];
  for (
    let rank = 1;
    rank <= sorted.length;
    rank = Math.max(rank + 1, rank < ALL_OF ? 0 : Math.ceil(rank * STEP))
  ) {
    ranks.push(rank);
  }
  if (ranks.at(-1) !== sorted.length) ranks.push(sorted.length);
  const values = ranks.map((rank) => sorted[rank - 1] ?? 0);
  return { signal, aggregate: { ...aggregate }, role, segments: sorted.length, ranks, values };
}
