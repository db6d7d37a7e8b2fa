import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Featureset } from '../../detectors/index.ts';
import { loadRules, type RuleProblem, type RuleSet } from '../../rules/index.ts';
import { featureset } from './featureset.ts';

export const ID = '5d0c2a3e-8f41-4b6a-9f0e-2f6f1d9c7a01';

/** A rule file with one rule; each part may be given in place of the usual one. */
export function ruleText(parts: Readonly<Record<string, string>> = {}): string {
  const keys = {
    id: ID,
    name: 'deceives',
    title: 'Deception as expressed in the text',
    description: 'For tests.',
    status: 'test',
    version: '1',
    level: 'high',
    mode: 'flag',
    target: 'output',
    detection: '{deceives: {signal: {concept: deception}, above: 4}}',
    condition: 'deceives',
    tests: '[{text: hello, expect: quiet}]',
    ...parts,
  };
  const lines = Object.entries(keys).map(([key, value]) => `${key}: ${value}`);
  return `version: 1\nrules:\n  - ${lines.join('\n    ')}\n`;
}

/** A directory that is removed when the test ends. */
export async function temporaryDirectory(t: { after(done: () => Promise<void>): void }): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'telltale-rules-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Loads texts as files of one directory, named a.yaml, b.yaml …; file names in problems are without it. */
export async function loadTexts(
  t: { after(done: () => Promise<void>): void },
  texts: readonly (string | Uint8Array)[],
  loadedFeatureset: Featureset = featureset,
) {
  const directory = await temporaryDirectory(t);
  for (const [i, text] of texts.entries()) {
    await writeFile(join(directory, `${String.fromCharCode(97 + i)}.yaml`), text);
  }
  const result = await loadRules([directory], loadedFeatureset);
  const inDirectory = (problem: RuleProblem) => ({
    ...problem,
    file: problem.file.slice(directory.length + 1),
  });
  return result.ok ? result : { ...result, problems: result.problems.map(inDirectory) };
}

/** The rule set of one text that must be right. */
export async function ruleSetOf(
  t: { after(done: () => Promise<void>): void },
  text: string,
): Promise<RuleSet> {
  const result = await loadTexts(t, [text]);
  if (!result.ok) throw new Error(result.problems.map((problem) => problem.message).join('\n'));
  return result.ruleSet;
}

/** Problems as `file:line:column: message`. */
export function shown(problems: readonly RuleProblem[]): string[] {
  return problems.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`);
}
