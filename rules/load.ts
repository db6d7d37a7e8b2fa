import type { Featureset } from '../detectors/index.ts';
import { collectRules } from './apply-overrides.ts';
import { checkBrokenRule } from './check-broken-rule.ts';
import { checkShape } from './check-shape.ts';
import { createRuleSet } from './compile.ts';
import { checkIdle, collectFilters } from './compile-filters.ts';
import { compileRule } from './compile-rule.ts';
import { compileCorrelations } from './events/compile-correlations.ts';
import { hiddenNames, type PartlyRead } from './hidden-names.ts';
import { withCalibrations } from './own-calibration.ts';
import { createProblem, type SourceText, sortProblems } from './problem.ts';
import type { CalibratedFeatureset } from './rate-subject.ts';
import { type BrokenDocument, type RuleDocument, readDocument } from './read-document.ts';
import { type ReadFiles, readRuleFiles } from './read-files.ts';
import { engineMismatch, featuresetMismatch } from './requirements.ts';
import { placeOf, problemAt, type RuleSource } from './rule-source.ts';
import { collectDefinitions, type Definitions } from './scope.ts';
import type { LoadResult, RuleProblem } from './types.ts';
import { withLanguages } from './with-languages.ts';

/** Reads, checks and compiles rule files: all of them or none.
 *  @param paths - files, and directories whose `*.yaml` and `*.yml` files are taken, subdirectories included
 *  @returns the rule set, or every problem that was found, each with file, line and column, in their order */
export async function loadRules(paths: readonly string[], featureset: Featureset): Promise<LoadResult> {
  return withLanguages(compileFiles(await readRuleFiles(paths), featureset));
}

/** `loadRules` for files already read; pure, and so without languages, see `withLanguages`. */
export function compileFiles(files: ReadFiles, loaded: Featureset): LoadResult {
  const { sources, calibrations = [] } = files;
  const { featureset, routes, problems: uncalibrated } = withCalibrations(loaded, calibrations);
  const shaped = sources.map((source) => shapeSource(source, featureset));
  const whole = shaped.flatMap(({ file }) => (file === undefined ? [] : [file]));
  const hidden = hiddenNames(shaped, files.problems.length > 0);
  const definitions = collectDefinitions(whole, hidden);
  const collected = collectRules(whole, hidden);
  const filters = collectFilters(whole, collected.rules, { definitions, hidden });
  const compiled = collected.rules.map((rule) => {
    const scope = definitions.scopeOf(rule.document);
    return compileRule(rule, { featureset, routes, scope, filters: filters.filtersOf(rule) });
  });
  const rules = compiled.flatMap(({ rule }) => (rule === undefined ? [] : [rule]));
  const correlated = compileCorrelations(whole, { rules: collected.rules, hidden });
  const found = [
    ...files.problems,
    ...uncalibrated,
    ...shaped.flatMap((part) => part.problems),
    ...definitions.problems,
    ...collected.problems,
    ...filters.problems,
    ...filters.idle.flatMap((filter) => checkIdle(filter, featureset)),
    ...correlated.problems,
    ...compiled.flatMap((part) => part.problems),
    ...shaped.flatMap((part) => formlessProblems(part, featureset, definitions)),
    ...findDuplicates(collected.rules),
  ];
  const hasErrors = found.some((problem) => problem.severity === 'error');
  // What a broken rule would have used is not unused.
  const problems = withoutRepeats(hasErrors ? found : [...found, ...definitions.unused()]);
  if (hasErrors) return { ok: false, problems: sortProblems(problems) };
  if (rules.length === 0) return { ok: false, problems: sortProblems([...problems, noRules(sources)]) };
  const texts = [...sources, ...calibrations].map((source) => source.text);
  const { correlations } = correlated;
  return { ok: true, ruleSet: createRuleSet(rules, { featureset, texts, warnings: problems, correlations }) };
}

interface Shaped extends PartlyRead {
  readonly problems: readonly RuleProblem[];
  /** Rules that have not the form of one. */
  readonly formless?: { readonly document: RuleDocument; readonly rules: readonly number[] };
}

function shapeSource(source: SourceText, featureset: Featureset): Shaped {
  const read = readDocument(source);
  if (read.ok) {
    const { data } = read.document;
    return { data, ...shapeDocument(read.document, [], featureset) };
  }
  if (read.rest === undefined) return { problems: read.problems };
  // What it names is not all known: a fault of syntax may have swallowed more.
  const { problems, ...rest } = shapeDocument(read.rest.document, read.rest.broken, featureset);
  return { ...rest, problems: [...read.problems, ...problems] };
}

function shapeDocument(
  document: RuleDocument,
  broken: BrokenDocument['broken'],
  featureset: Featureset,
): Omit<Shaped, 'data'> {
  const refuse = (key: string, message: string) => ({
    problems: [createProblem(document.source, document.offsetOf([key]), message)],
  });
  // Before the shape: a file for a later engine may have keys that this one cannot know.
  const engine = engineMismatch(document.data);
  if (engine !== undefined) return refuse('required_engine', engine);
  const shape = checkShape(document, broken);
  const { problems, whole } = shape.ok
    ? { problems: [], whole: { document, file: shape.file } }
    : { ...shape, whole: shape.sound };
  if (whole === undefined) return { problems };
  const mismatch = featuresetMismatch(whole.file.featureset, featureset);
  if (mismatch !== undefined) return { problems: [...refuse('featureset', mismatch).problems, ...problems] };
  const formless = shape.ok ? {} : { formless: { document, rules: shape.formless } };
  return { file: whole, problems, ...formless };
}

function formlessProblems(
  { file, formless }: Shaped,
  featureset: CalibratedFeatureset,
  definitions: Definitions,
): readonly RuleProblem[] {
  if (formless === undefined) return [];
  const { document, rules } = formless;
  const scope = definitions.scopeOf(file?.document ?? document);
  return rules.flatMap((i) => checkBrokenRule({ document, path: ['rules', i] }, { featureset, scope }));
}

function noRules(sources: readonly SourceText[]): RuleProblem {
  const source = sources[0] ?? { file: '', text: '' };
  const others = sources.length > 1 ? ` and ${sources.length - 1} more files` : '';
  return createProblem(source, 0, `no rule in this file${others}`);
}

/** A fault of a macro or a filter is found again with each rule that uses it. */
function withoutRepeats(problems: readonly RuleProblem[]): readonly RuleProblem[] {
  const seen = new Map(
    problems.map((problem) => [
      JSON.stringify([problem.file, problem.line, problem.column, problem.message]),
      problem,
    ]),
  );
  return [...seen.values()];
}

function findDuplicates(rules: readonly RuleSource[]): RuleProblem[] {
  return (['id', 'name'] as const).flatMap((key) => {
    const first = new Map<string, RuleSource>();
    return rules.flatMap((rule) => {
      const value = rule.definition[key];
      const earlier = first.get(value);
      if (earlier === undefined) {
        first.set(value, rule);
        return [];
      }
      const message = `${key} ${value} is taken by the rule at ${placeOf(earlier.locate([]))}; give this one its own`;
      return [problemAt(rule.locate([key]), message, { severity: 'error', isKey: false })];
    });
  });
}
