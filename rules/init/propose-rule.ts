import { randomUUID } from 'node:crypto';
import type { Detector, Role } from '../../detectors/index.ts';
import { compileFiles } from '../load.ts';
import { runRuleTests } from '../run-tests.ts';
import type { RuleProblem } from '../types.ts';
import { type Chance, chanceOfChoice } from './chance-of-choice.ts';
import { type ChosenSignal, chooseSignals, nearestSignal } from './choose-signals.ts';
import { draftRule } from './draft-rule.ts';
import { type Examples, type SignalScores, scoreExamples } from './score-examples.ts';
import { signalsToTry } from './signals-to-try.ts';

/** What a rule is proposed from. */
export interface ToPropose extends Examples {
  /** Words joined by hyphens. */
  readonly name: string;
  /** Who says the examples: the rule reads what they say. */
  readonly role: Role;
  /** At most one in so many ordinary segments may be found. */
  readonly oneIn: number;
  /** At most so many concepts and features. */
  readonly maxSignals: number;
}

/** How many signals a rule was chosen among: those whose calibration carries the rate. */
export interface Compared {
  readonly concepts: number;
  readonly features: number;
}

/** A rule file, and what its rule does to the examples. */
export interface Proposal {
  readonly text: string;
  readonly signals: readonly ChosenSignal[];
  readonly compared: Compared;
  readonly chance: Chance;
  /** One sentence on both. */
  readonly warning: string;
  readonly wanted: number;
  readonly unwanted: number;
  /** Wanted examples that it does not find, and unwanted ones that it does: marked as known in the file. */
  readonly misses: number;
  readonly falseAlarms: number;
}

export type ProposeResult =
  | { readonly ok: true; readonly proposal: Proposal }
  /** The problems are those of the file, where a name or an example cannot stand in one. */
  | { readonly ok: false; readonly message: string; readonly problems: readonly RuleProblem[] };

const DIGEST_DIGITS = 12;
/** Above this a choice passes for one that chance makes. */
const MAX_PROBABILITY = 0.05;

/** Proposes a rule that finds the wanted examples and leaves the unwanted ones alone: concepts and features with thresholds
 *  for a false-alarm rate, and the examples as its tests. The tests are run, and those that the rule gets wrong are marked.
 *  @throws {DetectorError} where an example is not scored */
export async function proposeRule(detector: Detector, asked: ToPropose): Promise<ProposeResult> {
  const { oneIn, maxSignals: atMost } = asked;
  const { featureset } = detector;
  const tried = signalsToTry(featureset, { ...asked, atMost });
  const compared = countKinds(tried);
  const toChoose = {
    signals: await scoreExamples(detector, asked, tried),
    wanted: asked.wanted.length,
    oneIn,
    atMost,
  };
  const signals = chooseSignals(toChoose);
  if (signals.length === 0) return refused(nearestMessage(toChoose.signals, asked, compared));
  const chance = chanceOfChoice(toChoose);
  const warning = warningOf(compared, chance);
  const about = {
    id: randomUUID(),
    featureset: featureset.digest.slice(0, DIGEST_DIGITS),
    signals,
    warning,
  };
  const draft = draftRule(asked, { ...about, outcomes: [] });
  const loaded = compileFiles({ sources: [draft], problems: [] }, featureset);
  if (!loaded.ok) return refused('the examples make no rule file', loaded.problems);
  const { results } = await runRuleTests(loaded.ruleSet, detector);
  const error = results.find(({ outcome }) => outcome === 'error');
  if (error !== undefined) return refused(`the example "${error.test}" is not scored: ${error.message}`);
  const { text } = draftRule(asked, { ...about, outcomes: results.map(({ outcome }) => outcome) });
  const wrong = results.filter(({ outcome }) => outcome === 'fail');
  const misses = wrong.filter(({ expect }) => expect === 'fire').length;
  const counts = { wanted: asked.wanted.length, unwanted: asked.unwanted.length };
  const told = { text, signals, compared, chance, warning };
  return { ok: true, proposal: { ...told, ...counts, misses, falseAlarms: wrong.length - misses } };
}

function countKinds(tried: readonly { readonly signal: string }[]): Compared {
  const features = tried.filter(({ signal }) => signal.startsWith('feature/')).length;
  return { concepts: tried.length - features, features };
}

function refused(message: string, problems: readonly RuleProblem[] = []): ProposeResult {
  return { ok: false, message, problems };
}

function warningOf(compared: Compared, { draws, asGood, probability }: Chance): string {
  const verdict =
    probability > MAX_PROBABILITY
      ? 'it may be chance, so give more examples'
      : 'that something tells them apart is hardly chance';
  return `Chosen among ${namedKinds(compared)}; with wanted and unwanted shuffled, a choice among them does as well in ${asGood} of ${draws} draws: ${verdict}.`;
}

function namedKinds({ concepts, features }: Compared): string {
  return `${concepts} concepts and ${features} features`;
}

function nearestMessage(
  signals: readonly SignalScores[],
  { oneIn, wanted }: ToPropose,
  compared: Compared,
): string {
  const nearest = nearestSignal(signals, wanted.length);
  const told =
    nearest === null
      ? 'no concept or feature of the featureset is calibrated for it'
      : `none of ${namedKinds(compared)} finds more wanted than unwanted examples; ${nearest.signal} tells them apart best, with an AUROC of ${nearest.auroc.toFixed(3)}`;
  return `at a rate of 1/${oneIn} ${told}. Try a less rare --rate, more examples, or a rule by hand`;
}
