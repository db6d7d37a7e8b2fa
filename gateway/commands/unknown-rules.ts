import { openFeatureset } from '../../detectors/index.ts';
import { loadRules, type RuleProblem } from '../../rules/index.ts';
import { nearest } from '../config/nearest.ts';
import type { Config } from '../config/schema.ts';
import { modelFolder } from '../open-detector.ts';
import { ruleFolders } from '../rule-folders.ts';

/** What there is to say of names and ids that no rule has, neither of the configured ones nor of those that come with
 *  Telltale. A name with `*` stands for many and is not looked up. It may be a typing mistake, or of rules to come: so
 *  these are warnings. Where rules do not load, that is the warning. */
export async function unknownRules(given: readonly string[], config: Config): Promise<string[]> {
  const asked = given.filter((name) => !name.includes('*'));
  if (asked.length === 0) return [];
  const known = await lookUp(asked, config);
  if (typeof known === 'string') {
    return [`--rule ${asked.join(', ')}: cannot tell whether there is such a rule, since ${known}`];
  }
  return asked
    .filter((name) => !known.has(name))
    .map((name) => {
      const meant = nearest(name, [...known]);
      const hint = meant === null ? '' : `; did you mean ${meant}?`;
      return `--rule ${name}: no rule has this name or id now${hint}`;
    });
}

/** Names and ids of rules, of no more than are needed to know all that is asked for; or why they cannot be known. */
async function lookUp(asked: readonly string[], config: Config): Promise<ReadonlySet<string> | string> {
  const known = new Set<string>();
  const model = modelFolder(config);
  const featureset = await openFeatureset(model).catch((error: Error) => error);
  if (featureset instanceof Error) return `the model in ${model} does not load: ${featureset.message}`;
  for (const folders of foldersOf(config)) {
    const loaded = await loadRules(folders, featureset);
    if (!loaded.ok) return `${folders.join(', ')} does not load: ${firstOf(loaded.problems)}`;
    for (const { id, name } of [...loaded.ruleSet.rules, ...loaded.ruleSet.correlations]) {
      known.add(id).add(name);
    }
    if (asked.every((name) => known.has(name))) break;
  }
  return known;
}

/** The configured folders, and those that come with Telltale where they are not among them: a set each, since rules of
 *  two sets may have one name. */
function foldersOf({ rules }: Config): readonly (readonly string[])[] {
  const [configured, shipped] = [ruleFolders(rules), ruleFolders(null)];
  return shipped.every((folder) => configured.includes(folder)) ? [configured] : [configured, shipped];
}

function firstOf(problems: readonly RuleProblem[]): string {
  const [first] = problems.filter(({ severity }) => severity === 'error');
  return first === undefined
    ? 'why is not said'
    : `${first.file}:${first.line}:${first.column}: ${first.message}`;
}
