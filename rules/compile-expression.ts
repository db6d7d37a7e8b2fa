import type { RuleContext } from './compile-rule.ts';
import { parseExpression } from './expression.ts';
import { createProblem } from './problem.ts';
import { type Names, type ResolvedExpression, resolveExpression } from './resolve-expression.ts';
import { offsetInScalar } from './scalar-offset.ts';
import type { Scope } from './scope.ts';
import type { RuleProblem } from './types.ts';

export interface ExpressionContext extends Pick<RuleContext, 'document' | 'path' | 'scope'> {
  /** The rule's conditions. */
  readonly names: readonly string[];
  readonly problems: RuleProblem[];
}

/** Parses the condition expression of a rule and resolves its names; undefined after an error, which is told at its
 *  place within the expression. */
export function compileExpression(text: string, context: ExpressionContext): ResolvedExpression | undefined {
  const { document, path, scope, names, problems } = context;
  const at = [...path, 'condition'];
  const range = document.rangeOf(at);
  const complain = (offset: number, message: string) => {
    const place = offsetInScalar(document.source.text, range, { value: text, offset });
    problems.push(createProblem(document.source, place, `condition: ${message}`));
  };
  const parsed = parseExpression(text);
  if (!parsed.ok) {
    complain(parsed.offset, parsed.message);
    return undefined;
  }
  for (const name of names.filter((candidate) => scope.macroNames.includes(candidate))) {
    const offset = document.offsetOf([...path, 'detection', name], true);
    const message = `condition "${name}" shadows the macro of that name`;
    problems.push(createProblem(document.source, offset, message, 'warning'));
  }
  return resolveExpression(parsed.expression, namesFor(names, scope), complain);
}

function namesFor(conditions: readonly string[], scope: Scope): Names {
  return {
    conditions,
    macros: scope.macroNames,
    expand(name) {
      const found = scope.macro(name);
      if (!found.ok) return { problem: found.message };
      if (found.value === null) return { problem: `macro "${name}" is broken` };
      return 'condition' in found.value ? 'condition' : found.value;
    },
  };
}
