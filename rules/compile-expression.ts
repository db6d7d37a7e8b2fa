import { parseExpression } from './expression.ts';
import { createProblem } from './problem.ts';
import { type Names, type ResolvedExpression, resolveExpression } from './resolve-expression.ts';
import type { Piece } from './rule-source.ts';
import { offsetInScalar } from './scalar-offset.ts';
import type { Scope } from './scope.ts';
import type { RuleProblem } from './types.ts';

export interface ExpressionContext {
  /** What the names may stand for, beside macros. */
  readonly names: readonly string[];
  readonly scope: Scope;
  readonly problems: RuleProblem[];
}

/** Parses a condition expression and resolves its names; undefined after an error, which is told at its place within the
 *  piece that it is in. */
export function compileExpression(
  pieces: readonly Piece[],
  { names, scope, problems }: ExpressionContext,
): ResolvedExpression | undefined {
  const text = pieces.map((piece) => piece.text).join('');
  const complain = (offset: number, message: string) => {
    const piece = pieces.findLast((one) => one.offset <= offset && one.text.trim() !== '') ?? pieces[0];
    if (piece === undefined) return;
    const { document, path, text: value } = piece;
    const within = { value, offset: Math.min(offset - piece.offset, value.length) };
    const place = offsetInScalar(document.source.text, document.rangeOf(path), within);
    problems.push(createProblem(document.source, place, `condition: ${message}`));
  };
  const parsed = parseExpression(text);
  if (parsed.ok) return resolveExpression(parsed.expression, namesFor(names, scope), complain);
  complain(parsed.offset, parsed.message);
  return undefined;
}

function namesFor(conditions: readonly string[], scope: Scope): Names {
  return {
    conditions,
    macros: scope.macroNames,
    mayHide: scope.mayHide,
    expand(name) {
      const found = scope.macro(name);
      if (!found.ok) return { problem: found.message };
      if (found.value === null) return { problem: null };
      return 'condition' in found.value ? 'condition' : found.value;
    },
  };
}
