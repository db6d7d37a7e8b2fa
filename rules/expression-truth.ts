import type { Expression } from './expression.ts';

/** What is known before the end: `holds` and `fails` stay so whatever follows. */
export type Outlook = 'holds' | 'fails' | 'open';

/** Whether an expression holds.
 *  @param isMet - whether the condition of this name is met */
export function evaluateExpression(expression: Expression, isMet: (name: string) => boolean): boolean {
  return outlookOf(expression, (name) => (isMet(name) ? 'holds' : 'fails')) === 'holds';
}

/** What can be said of an expression, given what can be said of its conditions (Kleene's three values). */
export function outlookOf(expression: Expression, ofCondition: (name: string) => Outlook): Outlook {
  switch (expression.kind) {
    case 'name':
      return ofCondition(expression.name);
    case 'not':
      return OPPOSITE[outlookOf(expression.operand, ofCondition)];
    case 'atLeast':
      return outlookOfCount(expression, ofCondition);
  }
}

/** A bare loop: it runs for every rule with a changed value, every few tokens. */
function outlookOfCount(
  { count, operands }: Extract<Expression, { kind: 'atLeast' }>,
  ofCondition: (name: string) => Outlook,
): Outlook {
  let held = 0;
  let mayHold = operands.length;
  for (const operand of operands) {
    const outlook = outlookOf(operand, ofCondition);
    if (outlook === 'holds') held += 1;
    else if (outlook === 'fails') mayHold -= 1;
    if (mayHold < count) return 'fails';
  }
  return held >= count ? 'holds' : 'open';
}

const OPPOSITE: Readonly<Record<Outlook, Outlook>> = { holds: 'fails', fails: 'holds', open: 'open' };

/** The conditions named in an expression, each with whether it stands under an odd number of `not`. */
export function namesIn(
  expression: Expression,
  isNegated = false,
): readonly { readonly name: string; readonly offset: number; readonly isNegated: boolean }[] {
  if (expression.kind === 'name') return [{ name: expression.name, offset: expression.offset, isNegated }];
  if (expression.kind === 'not') return namesIn(expression.operand, !isNegated);
  return expression.operands.flatMap((operand) => namesIn(operand, isNegated));
}

/** The expression once some of its conditions are known: what is left of it, or its truth.
 *  @param known - whether the condition of this name is met; undefined where that is still open */
export function reduceExpression(
  expression: Expression,
  known: (name: string) => boolean | undefined,
): Expression | boolean {
  switch (expression.kind) {
    case 'name':
      return known(expression.name) ?? expression;
    case 'not': {
      const operand = reduceExpression(expression.operand, known);
      return typeof operand === 'boolean' ? !operand : { kind: 'not', operand };
    }
    case 'atLeast': {
      const operands = expression.operands.map((operand) => reduceExpression(operand, known));
      const open = operands.filter((operand) => typeof operand !== 'boolean');
      const count = expression.count - operands.filter((operand) => operand === true).length;
      if (count <= 0) return true;
      return open.length < count ? false : { kind: 'atLeast', count, operands: open };
    }
  }
}
