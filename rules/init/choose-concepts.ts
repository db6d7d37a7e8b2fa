import { auroc, type Featureset, type Role } from '../../detectors/index.ts';
import type { ConceptScores } from './score-examples.ts';

/** A concept with the threshold that its rate stands for. */
export interface ChosenConcept {
  readonly concept: string;
  readonly rate: string;
  readonly threshold: number;
  /** How well its scores alone tell wanted from unwanted examples: area under the ROC curve. */
  readonly auroc: number;
}

/** What a choice of concepts does to the examples, where any of them speaks for a match. */
export interface Choice {
  readonly concepts: readonly ChosenConcept[];
  /** How many wanted, and how many unwanted examples some concept of them is above its threshold on. */
  readonly found: number;
  readonly falseAlarms: number;
}

export interface ToChoose {
  readonly scores: readonly ConceptScores[];
  readonly featureset: Featureset;
  readonly role: Role;
  /** At most one in so many ordinary segments may be found. */
  readonly oneIn: number;
  /** At most so many concepts. */
  readonly atMost: number;
}

interface Candidate extends ChosenConcept {
  readonly scores: ConceptScores;
}

/** The concepts that find most wanted examples beyond the unwanted ones that they find too; the fewest that do. Several
 *  share the rate: each gets its part, so that together they stay within it whatever they have in common.
 *  @returns null where no concept finds more wanted than unwanted examples at that rate, or none is calibrated for it */
export function chooseConcepts(toChoose: ToChoose): Choice | null {
  const choices = Array.from({ length: toChoose.atMost }, (_, i) => chooseSome(toChoose, i + 1));
  const best = choices.reduce((best, next) => (gain(next) > gain(best) ? next : best), NOTHING);
  return gain(best) > 0 ? best : null;
}

/** The concept that ranks wanted over unwanted examples best, whatever the threshold. */
export function nearestConcept(
  scores: readonly ConceptScores[],
): { readonly concept: string; readonly auroc: number } | null {
  const ranked = scores.map((one) => ({ concept: one.concept, auroc: separation(one) }));
  return ranked.sort((a, b) => b.auroc - a.auroc)[0] ?? null;
}

const NOTHING: Choice = { concepts: [], found: 0, falseAlarms: 0 };

function gain({ found, falseAlarms }: Choice): number {
  return found - falseAlarms;
}

/** So many concepts, one after another, each the one that adds most; of several the one that ranks best. */
function chooseSome(toChoose: ToChoose, count: number): Choice {
  const candidates = candidatesAt(toChoose, count);
  let chosen: readonly Candidate[] = [];
  for (let i = 0; i < count; i += 1) {
    const tried = candidates
      .filter((one) => !chosen.includes(one))
      .map((one) => [...chosen, one])
      .sort((a, b) => gain(choiceOf(b)) - gain(choiceOf(a)) || lastAuroc(b) - lastAuroc(a));
    const [best] = tried;
    if (best === undefined || gain(choiceOf(best)) <= gain(choiceOf(chosen))) break;
    chosen = best;
  }
  return choiceOf(chosen);
}

function candidatesAt({ scores, featureset, role, oneIn }: ToChoose, count: number): Candidate[] {
  const part = oneIn * count;
  return scores.flatMap((one) => {
    const aggregate = featureset.concept(one.concept)?.aggregate;
    if (aggregate === undefined) return [];
    const limit = featureset.threshold(`concept/${one.concept}`, aggregate, 1 / part, role);
    if ('refused' in limit) return [];
    const about = { concept: one.concept, rate: `1/${part}`, threshold: limit.value };
    return [{ ...about, auroc: separation(one), scores: one }];
  });
}

function choiceOf(chosen: readonly Candidate[]): Choice {
  const concepts = chosen.map(({ concept, rate, threshold, auroc }) => ({ concept, rate, threshold, auroc }));
  const count = (side: 'wanted' | 'unwanted') => {
    const [first] = chosen;
    const all = first?.scores[side] ?? [];
    return all.filter((_, i) => chosen.some(({ scores, threshold }) => (scores[side][i] ?? 0) > threshold))
      .length;
  };
  return { concepts, found: count('wanted'), falseAlarms: count('unwanted') };
}

function lastAuroc(chosen: readonly Candidate[]): number {
  return chosen.at(-1)?.auroc ?? 0;
}

function separation({ wanted, unwanted }: ConceptScores): number {
  const positives = wanted.map((score) => ({ score, isPositive: true }));
  return auroc([...positives, ...unwanted.map((score) => ({ score, isPositive: false }))]) ?? 0;
}
