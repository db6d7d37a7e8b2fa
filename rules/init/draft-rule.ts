import { Document, isScalar } from 'yaml';
import { formattedText } from '../format-rules.ts';
import type { SourceText } from '../problem.ts';
import type { TestOutcome } from '../run-tests.ts';
import type { ChosenSignal } from './choose-signals.ts';
import type { ToPropose } from './propose-rule.ts';

/** What a rule file is written of, beside what was asked. */
export interface Draft {
  readonly id: string;
  /** The beginning of the featureset's digest. */
  readonly featureset: string;
  readonly signals: readonly ChosenSignal[];
  /** One sentence for the head of the file. */
  readonly warning: string;
  /** Of the tests, in their order; none are known yet where it is empty. */
  readonly outcomes: readonly TestOutcome[];
}

const TARGET_OF_ROLE = { user: 'input', assistant: 'output', system: 'system', tool: 'tool_result' } as const;

/** The file of one rule in mode shadow, with the examples as its tests, in canonical order and layout. */
export function draftRule(asked: ToPropose, draft: Draft): SourceText {
  const { name, oneIn } = asked;
  const { signals, warning, featureset } = draft;
  // An index means another feature in another dictionary; a label or a concept is looked up there.
  const isBound = signals.some(({ definition }) => typeof definition.feature === 'number');
  const document = new Document({
    version: 1,
    ...(isBound ? { featureset } : {}),
    rules: [ruleOf(asked, draft)],
  });
  for (const chosen of signals) {
    const path = ['rules', 0, 'detection', nameOf(chosen), 'signal', 'feature'];
    const feature = document.getIn(path, true);
    if (isScalar(feature) && typeof feature.value === 'number' && chosen.label !== null) {
      feature.comment = ` ${chosen.label.replace(/\s+/g, ' ')}`;
    }
  }
  document.commentBefore = [
    ` Proposed for a false-alarm rate of at most 1/${oneIn}. It only counts until its mode is flag.`,
    ` ${warning}`,
  ].join('\n');
  return formattedText({ file: `${name}.yaml`, text: document.toString({ lineWidth: 110 }) });
}

function ruleOf({ name, role, wanted, unwanted }: ToPropose, { id, signals, outcomes }: Draft) {
  const known = (i: number, kind: 'miss' | 'false_alarm') => (outcomes[i] === 'fail' ? { known: kind } : {});
  const names = signals.map(nameOf);
  return {
    id,
    name,
    title: `Texts like ${wanted.length} examples of ${name}`,
    description: `Proposed from ${wanted.length} wanted and ${unwanted.length} unwanted examples. Say here what it finds and what it does not.`,
    status: 'experimental',
    version: 1,
    level: 'medium',
    mode: 'shadow',
    target: TARGET_OF_ROLE[role],
    detection: Object.fromEntries(
      signals.map((one) => [nameOf(one), { signal: { ...one.definition }, rarer_than: one.rate }]),
    ),
    condition: names.length === 1 ? names[0] : '1 of them',
    tests: [
      ...wanted.map((text, i) => ({ text, expect: 'fire', ...known(i, 'miss') })),
      ...unwanted.map((text, i) => ({
        text,
        expect: 'quiet',
        ...known(wanted.length + i, 'false_alarm'),
      })),
    ],
  };
}

/** A condition may not be called as every concept is. */
function nameOf({ signal }: ChosenSignal): string {
  const [, concept = ''] = /^concept\/(.*)$/s.exec(signal) ?? [];
  return `reads_${(concept || signal).toLowerCase().replace(/[^a-z0-9]+/g, '_')}`;
}
