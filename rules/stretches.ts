import type { Activations, TokenSpan } from '../detectors/index.ts';
import { isActing, meterReach } from './acting.ts';
import { type CompiledCondition, compiledOf, type PlannedRule } from './compiled.ts';
import type { Expression } from './expression.ts';
import { namesIn } from './expression-truth.ts';
import type { Fields } from './fields/fields.ts';
import { valuesOf } from './meters/meter.ts';
import type { Finding, RuleSet, SegmentRef } from './types.ts';

/** Finds what a redaction takes out of one segment: every stretch of tokens that meets a rule, where a finding names
 *  only the strongest. How the tokens are batched changes nothing. */
export interface StretchFinder {
  /** The stretches that end with these tokens, in the segment's text. */
  advance(activations: Activations): readonly TokenSpan[];
  /** The segment has ended.
   *  @param settled - its findings; what only the end can tell is in them
   *  @returns the stretches that were not told before */
  finish(settled: readonly Finding[]): readonly TokenSpan[];
}

/** @returns null where no rule that redacts reads such a segment */
export function createStretchFinder(
  ruleSet: RuleSet,
  segment: SegmentRef,
  fields: Fields,
): StretchFinder | null {
  const { rules } = compiledOf(ruleSet).planFor(segment.target, fields);
  const redacting = rules.filter(({ rule }) => isActing(rule) && rule.action === 'redact');
  if (redacting.length === 0) return null;
  const watches = redacting.flatMap(watchesOf);
  return {
    advance: (activations) =>
      watches.flatMap(({ watch, isCertain, kept }) => {
        const found = watch(activations);
        if (isCertain) return found;
        kept.push(...found);
        return [];
      }),
    finish(settled) {
      const fired = settled.filter((finding) => redacting.some(({ rule }) => rule.id === finding.ruleId));
      const late = watches.filter(
        ({ isCertain, ruleId }) => !isCertain && fired.some((one) => one.ruleId === ruleId),
      );
      return [...fired.map(({ span }) => span), ...late.flatMap(({ kept }) => kept)];
    },
  };
}

interface Watch {
  readonly ruleId: string;
  readonly watch: (activations: Activations) => TokenSpan[];
  /** Whether the condition alone makes the rule match. */
  readonly isCertain: boolean;
  readonly kept: TokenSpan[];
}

/** What is asked of fields is settled: the rule is what is left of it. */
function watchesOf({ rule: { id, conditions }, expression }: PlannedRule): Watch[] {
  if (typeof expression === 'boolean') return [];
  const named = namesIn(expression).filter(({ isNegated }) => !isNegated);
  const isCertain = isAlternatives(expression);
  return conditions
    .filter(
      (condition) => named.some(({ name }) => name === condition.name) && meterReach(condition) !== null,
    )
    .map((condition) => ({ ruleId: id, isCertain, kept: [], watch: createWatch(condition) }));
}

/** Whether each condition alone makes it hold. */
function isAlternatives(expression: Expression): boolean {
  if (expression.kind !== 'atLeast') return expression.kind === 'name';
  return expression.count === 1 && expression.operands.every(isAlternatives);
}

interface Token {
  readonly value: number;
  readonly span: TokenSpan;
}

/** All stretches of one condition whose reach is known. */
function createWatch(condition: CompiledCondition): Watch['watch'] {
  const { meter } = condition;
  const reach = meterReach(condition) ?? 1;
  const { measure } = meter;
  let recent: Token[] = [];
  return (activations) => {
    const values = valuesOf(meter, activations);
    const seconds = measure.kind === 'pair' ? valuesOf(measure.next, activations) : values;
    const found: TokenSpan[] = [];
    for (const [i, span] of activations.tokens.entries()) {
      const second = seconds[i] ?? 0;
      recent = [...recent.slice(recent.length >= reach ? 1 : 0), { value: values[i] ?? 0, span }];
      const first = firstOf(recent, { condition, second });
      if (first !== null) found.push({ start: first.span.start, end: span.end });
    }
    return found;
  };
}

/** The first token of the stretch that ends with the newest token; null where none does. */
function firstOf(
  recent: readonly Token[],
  { condition, second }: { readonly condition: CompiledCondition; readonly second: number },
): Token | null {
  const { meter, threshold } = condition;
  const { measure } = meter;
  const newest = recent.at(-1)?.value ?? 0;
  if (measure.kind === 'pair') {
    const margin = (first: Token) => Math.min(first.value - measure.first, second - measure.second);
    return recent.slice(0, -1).find((first) => margin(first) > threshold) ?? null;
  }
  if (measure.kind === 'sustained') {
    const above = recent.filter(({ value }) => value > threshold);
    return newest > threshold && above.length >= measure.tokens ? (above[0] ?? null) : null;
  }
  let sum = 0;
  for (const { value } of recent) sum += value;
  return sum / recent.length > threshold ? (recent[0] ?? null) : null;
}
