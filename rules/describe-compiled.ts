import type { CompiledCondition } from './compiled.ts';
import type { Expression } from './expression.ts';
import type { Measure } from './meters/types.ts';

/** An expression as it could be written: macros, counts and exceptions written out. */
export function expressionText(expression: Expression): string {
  switch (expression.kind) {
    case 'name':
      return expression.name;
    case 'not':
      return `not ${nested(expression.operand)}`;
    case 'atLeast': {
      const { count, operands } = expression;
      const texts = operands.map(nested);
      if (operands.length === 1) return texts[0] ?? '';
      if (count === operands.length) return texts.join(' and ');
      return count === 1 ? texts.join(' or ') : `${count} of (${texts.join(', ')})`;
    }
  }
}

function nested(expression: Expression): string {
  const text = expressionText(expression);
  return expression.kind === 'atLeast' && expression.operands.length > 1 ? `(${text})` : text;
}

/** What a condition reads and how its tokens become one value: all but the threshold. */
export function readingText(condition: CompiledCondition): string {
  const { signal, minus, meter, per } = condition;
  const over = per === 'exchange' ? ' per exchange' : '';
  return `${signal}${minus === null ? '' : ` minus ${minus}`}, ${measureText(meter.measure)}${over}`;
}

/** How tokens become one value, for people: `ema of 8`, `count above 0.5`, `4 of 12 tokens`. */
export function measureText(measure: Measure): string {
  switch (measure.kind) {
    case 'aggregate': {
      const { kind, window } = measure.aggregate;
      return kind === 'max' || kind === 'mean' ? kind : `${kind} of ${window}`;
    }
    case 'sum':
      return 'sum';
    case 'count_above':
      return `count above ${measure.level}`;
    case 'ema':
      return `ema of ${measure.window}`;
    case 'sustained': {
      const until = measure.switches === null ? '' : `, until ${measure.switches.off}`;
      return `${measure.tokens} of ${measure.window} tokens${until}`;
    }
    case 'pair': {
      const { signal, minus } = measure.next;
      return `then ${signal}${minus === null ? '' : ` minus ${minus}`} within ${measure.window}`;
    }
  }
}

/** The threshold with the rate that it stands for; both of a `then`. */
export function thresholdText({ steps, threshold, rate }: CompiledCondition): string {
  const one = (limit: { readonly threshold: number; readonly rate: number | null }) =>
    limit.rate === null
      ? `${rounded(limit.threshold)}`
      : `${rounded(limit.threshold)} (1 in ${rounded(1 / limit.rate)})`;
  return steps === null ? one({ threshold, rate }) : steps.map(({ limit }) => one(limit)).join(' then ');
}

function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
