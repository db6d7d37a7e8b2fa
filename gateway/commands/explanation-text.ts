import type { ExplainedCondition, ExplainedFields, Explanation } from '../../rules/index.ts';
import { shadeTokens } from './shade.ts';
import { formatTable } from './table.ts';

const MAX_FEATURES = 10;

export interface ExplanationOptions {
  /** The text that was explained. */
  readonly text: string;
  /** ANSI colours, for a terminal. */
  readonly isColoured: boolean;
}

/** An explanation for people: the text, the outcome, a table of the conditions, the span and the features. */
export function describeExplanation(explanation: Explanation, options: ExplanationOptions): string {
  const { rule, hasFired, expression, role } = explanation;
  const { isColoured } = options;
  const { view } = explanation;
  const text = view?.text ?? options.text;
  const shown = isColoured ? shadeTokens(text, explanation.tokens, strengthsOf(explanation)) : text;
  const parts = [
    view === null ? '' : `${options.text}\n\nDisguised (${view.changes.join(', ')}); it reads:`,
    `${shown}\n`,
    `${rule.name} ${hasFired ? 'fires' : 'does not fire'} (said by ${role})\n` +
      `condition: ${expression.text}: ${expression.holds ? 'holds' : 'does not hold'}\n`,
    conditionTable(explanation.conditions),
    exchangeLine(explanation.conditions),
    fieldTable(explanation.fieldConditions),
    spanLine(explanation, text),
    featureTable(explanation),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

/** Each token's highest part of a condition's threshold, of the conditions that speak for the rule. */
function strengthsOf({ tokens, conditions }: Explanation): number[] {
  const speaking = conditions.filter(({ isNegated }) => isNegated === false);
  return tokens.map((_, token) =>
    Math.max(0, ...speaking.map(({ perToken, threshold }) => strength(perToken[token] ?? 0, threshold))),
  );
}

function strength(value: number, threshold: number): number {
  if (threshold > 0) return value / threshold;
  return value > threshold ? 1 : 0;
}

function conditionTable(conditions: readonly ExplainedCondition[]): string {
  const head = ['condition', 'signal', 'aggregate', 'value', 'threshold', 'margin', 'promised rate', ''];
  const rows = conditions.map((condition) => {
    const { name, signal, minus, measure, per, value, threshold, margin, rate } = condition;
    return [
      name,
      minus === undefined ? signal : `${signal} minus ${minus}`,
      `${measure}${per === 'exchange' ? ', per exchange' : ''}`,
      figure(value),
      figure(threshold),
      margin !== null && margin > 0 ? `+${figure(margin)}` : figure(margin),
      rate === null ? '-' : `1 in ${Math.round(1 / rate).toLocaleString('en')}`,
      standing(condition),
    ];
  });
  return formatTable([head, ...rows]);
}

function exchangeLine(conditions: readonly ExplainedCondition[]): string {
  const wide = conditions.filter(({ per }) => per === 'exchange').map(({ name }) => name);
  if (wide.length === 0) return '';
  return `per exchange (${wide.join(', ')}): over all segments of an exchange that the rule reads; here the text is the only one\n`;
}

function fieldTable(conditions: readonly ExplainedFields[]): string {
  if (conditions.length === 0) return '';
  const rows = conditions.map((condition) => [condition.name, condition.comparison, standing(condition)]);
  return formatTable([['condition on fields', '', ''], ...rows]);
}

function standing({ isMet, isNegated }: Pick<ExplainedCondition, 'isMet' | 'isNegated'>): string {
  const met = isMet ? 'met' : 'not met';
  if (isNegated === null) return `${met}, not used`;
  return isNegated ? `${met}, under not` : met;
}

function spanLine({ hasFired, firstToken, lastToken, span }: Explanation, text: string): string {
  if (span === null || firstToken === null || lastToken === null) return 'no tokens\n';
  const what = hasFired ? 'span' : 'nearest';
  const tokens = firstToken === lastToken ? `token ${firstToken}` : `tokens ${firstToken} to ${lastToken}`;
  return `${what}: ${tokens}, characters ${span.start} to ${span.end}: ${JSON.stringify(text.slice(span.start, span.end))}\n`;
}

function featureTable({ features }: Explanation): string {
  if (features.length === 0) return '';
  const rows = features
    .slice(0, MAX_FEATURES)
    .map(({ index, label, value, share }) => [
      label ?? '(no label)',
      `feature/${index}`,
      figure(value),
      `${(100 * share).toFixed(1)} %`,
    ]);
  return formatTable([['features of the span', '', 'mean activation', 'share'], ...rows]);
}

function figure(value: number | null): string {
  return value === null ? '-' : value.toFixed(3);
}
