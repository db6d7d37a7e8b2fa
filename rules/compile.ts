import { createHash } from 'node:crypto';
import type { Featureset, SignalId } from '../detectors/index.ts';
import { isActing } from './acting.ts';
import type { CompiledRule, CompiledRuleSet, SegmentTarget } from './compiled.ts';
import type { CompiledCorrelation } from './events/compile-correlations.ts';
import { listenersOf } from './events/listeners.ts';
import type { Fields } from './fields/fields.ts';
import { createPlan, createPlanner } from './plan.ts';
import type { RuleProblem } from './types.ts';

const TARGETS: readonly SegmentTarget[] = ['input', 'output', 'system', 'tool_call', 'tool_result'];

export interface RuleSetParts {
  readonly featureset: Featureset;
  /** Texts of the rule files, in the order of their names. */
  readonly texts: readonly string[];
  readonly warnings: readonly RuleProblem[];
  readonly correlations: readonly CompiledCorrelation[];
}

/** Joins compiled rules into a set. Rules that are off are kept for their tests and never evaluated. */
export function createRuleSet(rules: readonly CompiledRule[], parts: RuleSetParts): CompiledRuleSet {
  const { featureset, warnings, correlations } = parts;
  const alerts = new Map([...rules, ...correlations].map(({ id, alert }) => [id, alert]));
  const listeners = listenersOf(correlations);
  const active = rules.filter((rule) => rule.mode !== 'off');
  const reading = (target: SegmentTarget) =>
    active.filter((rule) => rule.target === target || rule.target === 'any');
  const planners = new Map(TARGETS.map((target) => [target, createPlanner(reading(target))]));
  const planFor = (target: SegmentTarget, fields: Fields) =>
    planners.get(target)?.(fields) ?? createPlan([], fields);
  const allSignals = new Map(TARGETS.map((target) => [target, signalsOf(reading(target))]));
  const signalsFor = (target: SegmentTarget, fields?: Fields) =>
    fields === undefined ? (allSignals.get(target) ?? []) : planFor(target, { ...fields, target }).signals;
  const enforced = TARGETS.filter((target) => reading(target).some(isActing));
  return {
    digest: digestOfTexts(featureset, parts.texts),
    rules,
    correlations,
    signals: signalsOf(active),
    warnings,
    judgesExchanges: active.some(({ isOfExchange }) => isOfExchange),
    enforces: (target) => enforced.includes(target),
    languageOf: null,
    signalsFor,
    compiledRules: rules,
    compiledCorrelations: correlations,
    correlationsOn: (ruleId) => listeners.get(ruleId) ?? [],
    alertOf: (ruleId) => alerts.get(ruleId) ?? null,
    planFor,
    labelOf: createLabels(featureset),
  };
}

function signalsOf(rules: readonly CompiledRule[]): readonly SignalId[] {
  return [...new Set(rules.flatMap(({ conditions }) => conditions.flatMap(({ signals }) => signals)))];
}

/** sha256 over the featureset's digest and the files' texts: the same rules on the same reader, the same digest. */
export function digestOfTexts(featureset: Featureset, texts: readonly string[]): string {
  const hash = createHash('sha256').update(featureset.digest);
  for (const text of texts) hash.update(`\0${Buffer.byteLength(text)}\0`).update(text);
  return hash.digest('hex');
}

/** Labels of the features that findings name, each looked up once: what is known of a feature is much more. */
function createLabels(featureset: Featureset): CompiledRuleSet['labelOf'] {
  const known = new Map<number, string | null>();
  return (feature) => {
    const found = known.get(feature);
    if (found !== undefined) return found;
    const { label } = featureset.feature(feature);
    known.set(feature, label);
    return label;
  };
}
