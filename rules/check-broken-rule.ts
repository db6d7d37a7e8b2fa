import { compileDetection } from './compile-detection.ts';
import { compileExpression } from './compile-expression.ts';
import type { CalibratedFeatureset } from './rate-subject.ts';
import type { RuleDocument } from './read-document.ts';
import { problemAt } from './rule-source.ts';
import { conditionSchema } from './schema/condition.ts';
import { ruleSchema } from './schema/rule.ts';
import type { Scope } from './scope.ts';
import type { RuleProblem } from './types.ts';

const AT_VALUE = { severity: 'error', isKey: false } as const;

/** What else is wrong with a rule that has not the form of one: the conditions that have their form are held against the
 *  featureset, and the expression against the names of all. Nothing comes of it but problems.
 *  @param path - of the rule in the document */
export function checkBrokenRule(
  { document, path }: { readonly document: RuleDocument; readonly path: readonly [string, number] },
  { featureset, scope }: { readonly featureset: CalibratedFeatureset; readonly scope: Scope },
): readonly RuleProblem[] {
  const rule = itemAt(document.data, path);
  const detection = rule?.['detection'];
  if (!isMapping(rule) || !isMapping(detection)) return [];
  const problems: RuleProblem[] = [];
  const sound = Object.entries(detection).flatMap(([name, written]) => {
    const parsed = conditionSchema.safeParse(written);
    return parsed.success ? [[name, parsed.data] as const] : [];
  });
  // Of a target that is none, any is taken: it is of all segments, so that no rate is refused for want of some.
  const target = ruleSchema.shape.target.safeParse(rule['target']).data ?? 'any';
  compileDetection(Object.fromEntries(sound), {
    target,
    featureset,
    scope,
    report: (below, message) =>
      problems.push(problemAt({ document, path: [...path, ...below] }, message, AT_VALUE)),
  });
  const text = rule['condition'];
  if (typeof text === 'string' && text.trim() !== '') {
    const piece = { document, path: [...path, 'condition'], text, offset: 0 };
    compileExpression([piece], { names: Object.keys(detection), scope, problems });
  }
  return problems;
}

function itemAt(data: unknown, [part, index]: readonly [string, number]): Mapping | undefined {
  const items = isMapping(data) ? data[part] : undefined;
  const item: unknown = Array.isArray(items) ? items[index] : undefined;
  return isMapping(item) ? item : undefined;
}

type Mapping = Readonly<Record<string, unknown>>;

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
