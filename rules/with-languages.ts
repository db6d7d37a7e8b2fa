import { loadLanguages } from '../detectors/index.ts';
import { type CompiledRuleSet, compiledOf } from './compiled.ts';
import type { LoadResult } from './types.ts';

/** Gives compiled rules what tells the language of a text, where some rule or correlation asks for it. */
export async function withLanguages(loaded: LoadResult): Promise<LoadResult> {
  if (!loaded.ok || !asksForLanguage(compiledOf(loaded.ruleSet))) return loaded;
  const languageOf = await loadLanguages();
  return { ok: true, ruleSet: { ...loaded.ruleSet, languageOf } };
}

/** Rules that are off are among them: their tests ask too. */
function asksForLanguage({ compiledRules, compiledCorrelations }: CompiledRuleSet): boolean {
  const groups = [...compiledRules, ...compiledCorrelations].map(({ alert }) => alert?.groupBy ?? []);
  return (
    compiledRules.some(({ fieldConditions }) =>
      fieldConditions.some(({ fields }) => fields.includes('language')),
    ) ||
    groups.some((group) => group.includes('language')) ||
    compiledCorrelations.some(({ groupBy, field }) => [...groupBy, field].includes('language'))
  );
}
