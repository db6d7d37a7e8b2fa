import type { FindingView, Judgement, SegmentView } from '../../../wire.ts';

/** What a person says of a finding, as a test to stand beside its rule: YAML, in which every JSON string is one of its own.
 *  Null where it says nothing of the rule, or where more than one segment made the finding. */
export function asTest(
  judgement: Judgement,
  { role, span, disguise, parts }: FindingView,
  { text }: Pick<SegmentView, 'text'>,
): string | null {
  if (judgement === 'unsure' || parts !== null) return null;
  const head = `- text: ${JSON.stringify(text)}\n  role: ${role}\n`;
  if (judgement === 'false_alarm') return `${head}  expect: quiet\n  known: false_alarm\n`;
  // Of a disguised text the passage stands in what it reads, which is not the text of the test.
  const passage = disguise === null ? `  span: ${JSON.stringify(text.slice(span.start, span.end))}\n` : '';
  return `${head}  expect: fire\n${passage}`;
}
