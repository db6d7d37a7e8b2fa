import { randomUUID } from 'node:crypto';
import { stringify } from 'yaml';
import type { Detector, Role } from '../../detectors/index.ts';
import { formattedText } from '../format-rules.ts';
import { compileFiles } from '../load.ts';
import { runRuleTests, type TestOutcome } from '../run-tests.ts';
import type { RuleProblem } from '../types.ts';
import { type ChosenConcept, chooseConcepts, nearestConcept } from './choose-concepts.ts';
import { type Examples, scoreExamples } from './score-examples.ts';

/** What a rule is proposed from. */
export interface ToPropose extends Examples {
  /** Words joined by hyphens. */
  readonly name: string;
  /** Who says the examples: the rule reads what they say. */
  readonly role: Role;
  /** At most one in so many ordinary segments may be found. */
  readonly oneIn: number;
  /** At most so many concepts. */
  readonly maxConcepts: number;
}

/** A rule file, and what its rule does to the examples. */
export interface Proposal {
  readonly text: string;
  readonly concepts: readonly ChosenConcept[];
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

const TARGET_OF_ROLE = { user: 'input', assistant: 'output', system: 'system', tool: 'tool_result' } as const;

/** Proposes a rule that finds the wanted examples and leaves the unwanted ones alone: concepts with thresholds for a
 *  false-alarm rate, and the examples as its tests. The tests are run, and those that the rule gets wrong are marked.
 *  @throws {DetectorError} where an example is not scored */
export async function proposeRule(detector: Detector, asked: ToPropose): Promise<ProposeResult> {
  const { role, oneIn, maxConcepts } = asked;
  const { featureset } = detector;
  const scores = await scoreExamples(detector, asked, role);
  const choice = chooseConcepts({ scores, featureset, role, oneIn, atMost: maxConcepts });
  if (choice === null) return refused(nearestMessage(nearestConcept(scores), asked));
  const id = randomUUID();
  const draft = fileText(asked, { id, concepts: choice.concepts, outcomes: [] });
  const loaded = compileFiles({ sources: [draft], problems: [] }, featureset);
  if (!loaded.ok) return refused('the examples make no rule file', loaded.problems);
  const { results } = await runRuleTests(loaded.ruleSet, detector);
  const error = results.find(({ outcome }) => outcome === 'error');
  if (error !== undefined) return refused(`the example "${error.test}" is not scored: ${error.message}`);
  const outcomes = results.map(({ outcome }) => outcome);
  const { text } = fileText(asked, { id, concepts: choice.concepts, outcomes });
  const wrong = results.filter(({ outcome }) => outcome === 'fail');
  const misses = wrong.filter(({ expect }) => expect === 'fire').length;
  const counts = { wanted: asked.wanted.length, unwanted: asked.unwanted.length };
  return {
    ok: true,
    proposal: { text, concepts: choice.concepts, ...counts, misses, falseAlarms: wrong.length - misses },
  };
}

function refused(message: string, problems: readonly RuleProblem[] = []): ProposeResult {
  return { ok: false, message, problems };
}

function nearestMessage(nearest: ReturnType<typeof nearestConcept>, { oneIn }: ToPropose): string {
  const which =
    nearest === null
      ? 'the featureset has no concepts'
      : `${nearest.concept} tells them apart best, with an AUROC of ${nearest.auroc.toFixed(3)}`;
  return `at a rate of 1/${oneIn} no concept finds more wanted than unwanted examples; ${which}. Try a less rare --rate, more examples, or a rule by hand`;
}

interface Written {
  readonly id: string;
  readonly concepts: readonly ChosenConcept[];
  /** Of the tests, in their order; none are known yet where it is empty. */
  readonly outcomes: readonly TestOutcome[];
}

function fileText(asked: ToPropose, { id, concepts, outcomes }: Written) {
  const { name, role, oneIn, wanted, unwanted } = asked;
  const known = (i: number, kind: 'miss' | 'false_alarm') => (outcomes[i] === 'fail' ? { known: kind } : {});
  const rule = {
    id,
    name,
    title: `Texts like ${wanted.length} examples of ${name}`,
    description: `Proposed from ${wanted.length} wanted and ${unwanted.length} unwanted examples. Say here what it finds and what it does not.`,
    status: 'experimental',
    version: 1,
    level: 'medium',
    mode: 'shadow',
    target: TARGET_OF_ROLE[role],
    detection: Object.fromEntries(
      concepts.map(({ concept, rate }) => [nameOf(concept), { signal: { concept }, rarer_than: rate }]),
    ),
    condition: concepts.length === 1 ? nameOf(concepts[0]?.concept ?? '') : '1 of them',
    tests: [
      ...wanted.map((text, i) => ({ text, expect: 'fire', ...known(i, 'miss') })),
      ...unwanted.map((text, i) => ({
        text,
        expect: 'quiet',
        ...known(wanted.length + i, 'false_alarm'),
      })),
    ],
  };
  const head = `# Proposed for a false-alarm rate of at most 1/${oneIn}. It only counts until its mode is flag.\n`;
  const body = stringify({ version: 1, rules: [rule] }, { lineWidth: 110 });
  return formattedText({ file: `${name}.yaml`, text: `${head}${body}` });
}

/** A condition may not be called as every concept is. */
function nameOf(concept: string): string {
  return `reads_${concept.toLowerCase().replace(/[^a-z0-9]+/g, '_')}`;
}
