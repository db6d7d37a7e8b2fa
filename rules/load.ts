import type { Featureset } from '../detectors/index.ts';
import { checkShape } from './check-shape.ts';
import { createRuleSet } from './compile.ts';
import { compileRule } from './compile-rule.ts';
import type { CompiledRule } from './compiled.ts';
import { didYouMean } from './nearest.ts';
import { createProblem, type SourceText } from './problem.ts';
import { readDocument } from './read-document.ts';
import { type ReadFiles, readRuleFiles } from './read-files.ts';
import type { LoadResult, RuleProblem } from './types.ts';

/** Reads, checks and compiles rule files: all of them or none.
 *  @param paths - files, and directories whose `*.yaml` and `*.yml` files are taken, subdirectories included
 *  @returns the rule set, or every problem that was found, each with file, line and column */
export async function loadRules(paths: readonly string[], featureset: Featureset): Promise<LoadResult> {
  return compileFiles(await readRuleFiles(paths), featureset);
}

/** `loadRules` for files already read; pure. */
export function compileFiles(files: ReadFiles, featureset: Featureset): LoadResult {
  const { sources } = files;
  const parts = sources.map((source) => compileSource(source, featureset));
  const rules = parts.flatMap((part) => part.rules);
  const problems = [
    ...files.problems,
    ...parts.flatMap((part) => part.problems),
    ...findDuplicates(sources, rules),
  ];
  if (problems.some((problem) => problem.severity === 'error')) return { ok: false, problems };
  const texts = sources.map((source) => source.text);
  return { ok: true, ruleSet: createRuleSet(rules, { featureset, texts, warnings: problems }) };
}

interface SourceResult {
  readonly rules: readonly CompiledRule[];
  readonly problems: readonly RuleProblem[];
}

function compileSource(source: SourceText, featureset: Featureset): SourceResult {
  const read = readDocument(source);
  if (!read.ok) return { rules: [], problems: read.problems };
  const { document } = read;
  const shape = checkShape(document);
  if (!shape.ok) return { rules: [], problems: shape.problems };
  const mismatch = featuresetMismatch(shape.file.featureset, featureset);
  if (mismatch !== undefined) {
    return { rules: [], problems: [createProblem(source, document.offsetOf(['featureset']), mismatch)] };
  }
  const results = shape.file.rules.map((rule, index) => compileRule(rule, { document, index, featureset }));
  return {
    rules: results.flatMap(({ rule }) => (rule === undefined ? [] : [rule])),
    problems: results.flatMap(({ problems }) => problems),
  };
}

function featuresetMismatch(wanted: string | undefined, { name, digest }: Featureset): string | undefined {
  const isDigest = wanted !== undefined && /^[0-9a-f]{12,64}$/.test(wanted);
  if (wanted === undefined || wanted === name || (isDigest && digest.startsWith(wanted))) return undefined;
  const meant = didYouMean(wanted, [name]);
  return `the rules are for featureset "${wanted}", loaded is "${name}" (${digest.slice(0, 12)})${meant || '; name that one or load the other'}`;
}

function findDuplicates(sources: readonly SourceText[], rules: readonly CompiledRule[]): RuleProblem[] {
  const textOf = new Map(sources.map((source) => [source.file, source]));
  return (['id', 'name'] as const).flatMap((key) => {
    const first = new Map<string, CompiledRule>();
    return rules.flatMap((rule) => {
      const earlier = first.get(rule[key]);
      if (earlier === undefined) {
        first.set(rule[key], rule);
        return [];
      }
      const source = textOf.get(rule.file) ?? { file: rule.file, text: '' };
      const place = `${earlier.file}:${earlier.line}:${earlier.column}`;
      return [
        createProblem(source, rule.offsets[key], `${key} ${rule[key]} is taken by the rule at ${place}`),
      ];
    });
  });
}
