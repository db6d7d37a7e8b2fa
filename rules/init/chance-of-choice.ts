import { type Found, foundAt, pick, type ToChoose, weightsOf } from './choose-signals.ts';

/** How often a choice among the same signals does as well on examples of which it is left to chance who is wanted. */
export interface Chance {
  readonly draws: number;
  readonly asGood: number;
  /** (asGood + 1) / (draws + 1): the probability of finding so much among so many signals where none has to do with what is
   *  wanted. */
  readonly probability: number;
}

const DRAWS = 999;

/** A permutation test of the best choice, so that the number of signals that it was made among is accounted for: who is
 *  wanted is shuffled over the same examples, and the whole choice is made again. The same draws every time.
 *  @see Westfall and Young 1993, Resampling-Based Multiple Testing: the maximum over all tests as the statistic */
export function chanceOfChoice({ signals, wanted, atMost }: ToChoose): Chance {
  const weights = weightsOf(signals, wanted);
  const tried = Array.from({ length: atMost }, (_, i) => distinct(foundAt(signals, i + 1)));
  // The order in which signals are tried must not depend on who is wanted, here as in the draws.
  const best = () => Math.max(...tried.map((found, i) => pick(found, weights, i + 1).gain));
  const reached = best();
  const random = mulberry32(1);
  let asGood = 0;
  for (let draw = 0; draw < DRAWS; draw += 1) {
    shuffle(weights, random);
    if (best() >= reached) asGood += 1;
  }
  return { draws: DRAWS, asGood, probability: (asGood + 1) / (DRAWS + 1) };
}

/** Signals that find the same examples are one; those that find none are none. */
function distinct(found: readonly Found[]): readonly Found[] {
  const byExamples = new Map(found.map((examples) => [examples.join(), examples]));
  byExamples.delete('');
  return [...byExamples.values()];
}

/** In place (Fisher and Yates 1938). */
function shuffle(values: Int8Array, random: () => number): void {
  for (let i = values.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1));
    [values[i], values[j]] = [values[j] ?? 0, values[i] ?? 0];
  }
}

/** Numbers from 0 to below 1, the same for the same seed (Tommy Ettinger's mulberry32). */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
