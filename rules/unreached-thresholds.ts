import type { Aggregate, Featureset, SignalId } from '../detectors/index.ts';
import type { CompiledCondition, CompiledRule } from './compiled.ts';
import { createProblem, type SourceText } from './problem.ts';
import { isCalibratable } from './rate-subject.ts';
import { type RuleDocument, readDocument } from './read-document.ts';
import type { ConditionAggregate, RuleProblem } from './types.ts';

/** A threshold in units of its signal, as a condition or one of its steps has it. */
interface Limit {
  readonly signal: SignalId;
  readonly aggregate: ConditionAggregate;
  readonly threshold: number;
}

const MAX: Aggregate = { kind: 'max', window: 1 };
/** The calibration says how high so many of the ordinary segments score. */
const HIGHEST = 5;

/** Warnings of thresholds given with `above` that no ordinary segment of the calibration reaches: such a rule raises no
 *  false alarm, and may raise none at all. */
export function warnOfUnreached(
  rules: readonly CompiledRule[],
  sources: readonly SourceText[],
  featureset: Featureset,
): readonly RuleProblem[] {
  const documents = sources.flatMap((source) => {
    const read = readDocument(source);
    return read.ok ? [read.document] : [];
  });
  return rules.flatMap((rule) =>
    rule.conditions.flatMap((condition) => {
      const told = limitsOf(condition).flatMap((limit) => tellUnreached(limit, featureset) ?? []);
      return told.map((message) => warningAt(rule, condition, { message, documents }));
    }),
  );
}

/** Those that a calibration may speak of. */
function limitsOf({ signal, minus, aggregate, threshold, rate, steps, per }: CompiledCondition): Limit[] {
  if (steps !== null) {
    return steps.flatMap(({ reading, limit }) =>
      reading.minus === null && limit.rate === null
        ? [{ signal: reading.signal, aggregate: MAX, threshold: limit.threshold }]
        : [],
    );
  }
  // Over an exchange the highest tokens of several segments come together: they may be more than any segment has.
  if (minus !== null || rate !== null || (per === 'exchange' && aggregate.kind === 'top_k_mean')) return [];
  // So many tokens above a value are no more than one.
  return [{ signal, threshold, aggregate: aggregate.kind === 'sustained' ? MAX : aggregate }];
}

function tellUnreached({ signal, aggregate, threshold }: Limit, featureset: Featureset): string | undefined {
  if (!isCalibratable(aggregate)) return undefined;
  const rarity = featureset.rarity(signal, aggregate, threshold);
  const sample = featureset.threshold(signal, aggregate, 0.01);
  if (rarity === undefined || 'refused' in sample || rarity <= Math.log10(sample.segments)) return undefined;
  const { segments, traffic } = sample;
  const high = featureset.threshold(signal, aggregate, HIGHEST / segments);
  const shown = 'refused' in high ? '' : `; the ${HIGHEST} highest begin at ${high.value.toPrecision(4)}`;
  return `above ${threshold}: none of ${segments} ordinary segments (${traffic}) reaches that of ${signal}${shown}; the rule may never fire`;
}

interface Told {
  readonly message: string;
  readonly documents: readonly RuleDocument[];
}

/** Where the condition's threshold is written: in the rule, or in the last change to it; else where the rule begins. */
function warningAt(
  rule: CompiledRule,
  { name }: CompiledCondition,
  { message, documents }: Told,
): RuleProblem {
  const told = `rule "${rule.name}", condition "${name}": ${message}`;
  const places = documents.flatMap((document) =>
    pathsOf(document.data, rule, name).map((path) => ({ document, path })),
  );
  const place = places.at(-1);
  if (place !== undefined) {
    const { document, path } = place;
    return createProblem(document.source, document.offsetOf(path), told, 'warning');
  }
  const home = documents.find(({ source }) => source.file === rule.file);
  const source = home?.source ?? { file: rule.file, text: '' };
  const lines = source.text.split('\n').slice(0, rule.line - 1);
  const offset = lines.reduce((sum, line) => sum + line.length + 1, 0) + rule.column - 1;
  return createProblem(source, offset, told, 'warning');
}

type Written = Readonly<Record<string, unknown>>;

function pathsOf(data: unknown, { id, name }: CompiledRule, condition: string): PropertyKey[][] {
  const entries = (key: 'rules' | 'overrides') => ((data as Written)[key] ?? []) as readonly Written[];
  const conditionIn = ({ detection }: Written) => (detection as Written | undefined)?.[condition];
  const paths = (key: 'rules' | 'overrides', isMeant: (one: Written) => boolean) =>
    entries(key).flatMap((one, i) => {
      const written = conditionIn(one) as Written | undefined;
      if (written === undefined || !isMeant(one)) return [];
      return [[key, i, 'detection', condition, ...('above' in written ? ['above'] : [])]];
    });
  return [
    ...paths('rules', (one) => one['id'] === id),
    ...paths('overrides', (one) => one['rule'] === id || one['rule'] === name),
  ];
}
