import { auroc, type SignalId } from '../../detectors/index.ts';
import type { SignalScores } from './score-examples.ts';
import type { SignalToTry } from './signals-to-try.ts';

/** A signal with the threshold that its rate stands for. */
export interface ChosenSignal extends Pick<SignalToTry, 'signal' | 'definition' | 'label'> {
  readonly rate: string;
  readonly threshold: number;
  /** How well its scores alone tell wanted from unwanted examples: area under the ROC curve. */
  readonly auroc: number;
}

export interface ToChoose {
  /** Concepts before features. */
  readonly signals: readonly SignalScores[];
  /** How many of the examples are wanted ones: the first. */
  readonly wanted: number;
  readonly oneIn: number;
  /** At most so many signals. */
  readonly atMost: number;
}

/** What a choice does to the examples, where any of its signals speaks for a match. */
export interface Picked {
  /** Places in the list that was chosen from. */
  readonly places: readonly number[];
  /** Wanted examples that are found, less unwanted ones that are found too. */
  readonly gain: number;
}

/** Places of the examples that a signal is above its threshold on. */
export type Found = readonly number[];

/** The signals that find most wanted examples beyond the unwanted ones that they find too; the fewest that do. Several
 *  share the rate: each gets its part, so that together they stay within it whatever they have in common. Of signals that
 *  add as much a concept goes before a feature, and then the one that ranks the examples better.
 *  @returns empty where no signal finds more wanted than unwanted examples at that rate, or none is calibrated for it */
export function chooseSignals({ signals, wanted, oneIn, atMost }: ToChoose): readonly ChosenSignal[] {
  const ranked = signals
    .map((one) => ({ ...one, auroc: separation(one, wanted) }))
    .sort((a, b) => Number(isFeature(a)) - Number(isFeature(b)) || b.auroc - a.auroc);
  const weights = weightsOf(signals, wanted);
  let best: { readonly gain: number; readonly chosen: readonly ChosenSignal[] } = { gain: 0, chosen: [] };
  for (let count = 1; count <= atMost; count += 1) {
    const { places, gain } = pick(foundAt(ranked, count), weights, count);
    if (gain <= best.gain) continue;
    const rate = `1/${oneIn * count}`;
    const chosen = places.flatMap((place) => {
      const one = ranked[place];
      if (one === undefined) return [];
      const { signal, definition, label, auroc } = one;
      return [{ signal, definition, label, rate, threshold: one.thresholds[count - 1] ?? 0, auroc }];
    });
    best = { gain, chosen };
  }
  return best.chosen;
}

/** The signal that ranks wanted over unwanted examples best, whatever the threshold; of several the first. */
export function nearestSignal(
  signals: readonly SignalScores[],
  wanted: number,
): { readonly signal: SignalId; readonly auroc: number } | null {
  const ranked = signals.map((one) => ({ signal: one.signal, auroc: separation(one, wanted) }));
  return ranked.sort((a, b) => b.auroc - a.auroc)[0] ?? null;
}

/** One after another the signal that adds most, of several the first, for as long as one adds something.
 *  @param weights - what an example is worth that is found: 1 where it is wanted, else -1
 *  @param atMost - signals */
export function pick(found: readonly Found[], weights: Int8Array, atMost: number): Picked {
  const left = Int8Array.from(weights);
  const places: number[] = [];
  let gain = 0;
  while (places.length < atMost) {
    let [most, at] = [0, -1];
    for (const [place, examples] of found.entries()) {
      let adds = 0;
      for (const example of examples) adds += left[example] ?? 0;
      if (adds > most) [most, at] = [adds, place];
    }
    if (at < 0) break;
    places.push(at);
    gain += most;
    for (const example of found[at] ?? []) left[example] = 0;
  }
  return { places, gain };
}

/** What each signal finds where it shares the rate with so many in all; nothing where it has no threshold then. */
export function foundAt(signals: readonly SignalScores[], count: number): readonly Found[] {
  return signals.map(({ scores, thresholds }) => {
    const threshold = thresholds[count - 1] ?? Number.POSITIVE_INFINITY;
    return scores.flatMap((score, example) => (score > threshold ? [example] : []));
  });
}

/** What each example is worth that is found. */
export function weightsOf([first]: readonly SignalScores[], wanted: number): Int8Array {
  return Int8Array.from(first?.scores ?? [], (_, example) => (example < wanted ? 1 : -1));
}

function isFeature({ signal }: SignalToTry): boolean {
  return signal.startsWith('feature/');
}

function separation({ scores }: SignalScores, wanted: number): number {
  return auroc(scores.map((score, example) => ({ score, isPositive: example < wanted }))) ?? 0;
}
