import type { Finding } from '../../rules/index.ts';
import { SEMANTICS } from './semantics.ts';

/** What the event `gen_ai.evaluation.result` of a finding says. No word of the text. */
export function evaluationOf(finding: Finding): Record<string, string | number> {
  const [condition] = finding.conditions;
  return {
    [SEMANTICS.evaluationName]: finding.ruleName,
    // What a rule would do that only flags is not what became of the exchange.
    [SEMANTICS.evaluationScoreLabel]: finding.mode === 'enforce' ? finding.action : finding.mode,
    [SEMANTICS.findingLevel]: finding.level,
    [SEMANTICS.findingMode]: finding.mode,
    [SEMANTICS.findingSegment]: finding.segment.id,
    ...(finding.segment.tool && { [SEMANTICS.toolName]: finding.segment.tool }),
    [SEMANTICS.securityRuleName]: finding.ruleName,
    [SEMANTICS.securityRuleUuid]: finding.ruleId,
    [SEMANTICS.securityRuleVersion]: String(finding.ruleVersion),
    [SEMANTICS.ruleSetDigest]: finding.ruleSetDigest,
    ...(condition && {
      [SEMANTICS.evaluationScoreValue]: condition.value,
      [SEMANTICS.findingThreshold]: condition.threshold,
      [SEMANTICS.evaluationExplanation]: `${condition.signal} over its threshold on tokens ${finding.firstToken} to ${finding.lastToken}`,
    }),
  };
}
