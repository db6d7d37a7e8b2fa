import { openFeatureset } from '../../detectors/index.ts';
import { loadRules } from '../../rules/index.ts';
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
  const known = new Set<string>();
  const featureset = await openFeatureset(modelFolder(config)).catch(() => null);
  for (const folders of [ruleFolders(config.rules), ruleFolders(null)]) {
    const loaded = featureset && (await loadRules(folders, featureset));
    if (!loaded?.ok) {
      const what = featureset === null ? `the model in ${modelFolder(config)}` : folders.join(', ');
      return [
        `--rule ${asked.join(', ')}: cannot tell whether there is such a rule, since ${what} does not load`,
      ];
    }
    for (const { id, name } of [...loaded.ruleSet.rules, ...loaded.ruleSet.correlations])
      known.add(id).add(name);
    if (asked.every((name) => known.has(name))) return [];
  }
  return asked
    .filter((name) => !known.has(name))
    .map((name) => {
      const meant = nearest(name, [...known]);
      const hint = meant === null ? '' : `; did you mean ${meant}?`;
      return `--rule ${name}: no rule has this name or id now${hint}`;
    });
}
