import type { Config } from './config/schema.ts';
import { flaggingOnly, whyRefused } from './handover/acting-rules.ts';
import { ruleFolders } from './rule-folders.ts';
import { type ActiveRules, type ActiveRulesParts, startRules } from './start-rules.ts';

/** The rules of a configuration. Where exchanges are scored elsewhere, rules that would act are refused, or told of.
 *  @throws {GatewayError} RULES_BROKEN */
export function openRules(
  config: Pick<Config, 'rules' | 'policy' | 'scoring'>,
  parts: Pick<ActiveRulesParts, 'detector' | 'telemetry' | 'log' | 'isShadow'>,
): Promise<ActiveRules> {
  return startRules({
    ...parts,
    folders: ruleFolders(config.rules),
    whyRefused(ruleSet) {
      const refusal = whyRefused(config, ruleSet);
      const names = flaggingOnly(config, ruleSet);
      if (refusal === null && names.length > 0) {
        parts.log.warn('rules that enforce only flag, since answers are scored after they have gone on', {
          rules: names.join(', '),
        });
      }
      return refusal;
    },
  });
}
