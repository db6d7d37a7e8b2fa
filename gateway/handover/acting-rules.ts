import type { RuleSet } from '../../rules/index.ts';
import type { Config } from '../config/schema.ts';

/** Names of the rules that would redact or block. */
function actingNames({ rules }: RuleSet): string[] {
  return rules.filter(({ mode, action }) => mode === 'enforce' && action !== 'flag').map(({ name }) => name);
}

/** Why rules cannot be used where exchanges are scored elsewhere: some could act no more, and nobody has said that they
 *  may only flag. Null where they can. */
export function whyRefused(
  { scoring, policy }: Pick<Config, 'scoring' | 'policy'>,
  ruleSet: RuleSet,
): string | null {
  if (scoring.where === 'inline' || policy.shadow || scoring.enforcing_rules === 'flag') return null;
  const names = actingNames(ruleSet);
  if (names.length === 0) return null;
  return (
    `scoring.where is "kafka", so answers have gone on before they are scored, and these rules could not redact or ` +
    `block any more: ${names.join(', ')}; give them mode flag, or set scoring.enforcing_rules to flag (they then only flag)`
  );
}

/** The rules that only flag although they enforce, for who must know of it. */
export function flaggingOnly(
  { scoring, policy }: Pick<Config, 'scoring' | 'policy'>,
  ruleSet: RuleSet,
): string[] {
  return scoring.where === 'inline' || policy.shadow ? [] : actingNames(ruleSet);
}
