import type { Activations } from '../detectors/index.ts';
import type { Plan } from './compiled.ts';
import type { State } from './evaluate.ts';
import type { PromisesSeen } from './promises.ts';
import type { SegmentState } from './types.ts';

/** For each plan the whole segments on which none of its rules fires. What is let go elsewhere is let go here. */
const quiet = new WeakMap<Plan, WeakMap<Activations, PromisesSeen>>();

/** What these activations, of a whole segment, say of promised rates, where the rules that the segment has begun under
 *  are known to find nothing in them: the same rules find the same in the same numbers, and need not be asked again.
 *  Null: that is not known. */
export function knownQuiet(begun: SegmentState, activations: Activations): PromisesSeen | null {
  const { plan } = begun as State;
  // What a quiet segment adds to its exchange must be measured all the same.
  return plan.judged.length < plan.rules.length ? null : (quiet.get(plan)?.get(activations) ?? null);
}

/** Notes that the segment, which had these activations alone, has ended without findings. */
export function noteQuiet(begun: SegmentState, activations: Activations, seen: PromisesSeen): void {
  const { plan } = begun as State;
  const known = quiet.get(plan) ?? new WeakMap();
  quiet.set(plan, known.set(activations, seen));
}
