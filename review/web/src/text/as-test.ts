import type { FindingView, Judgement, SegmentView } from '../../../wire.ts';

/** Fields that a test has of its own: its role says who speaks, and so which target reads it. */
const OF_THE_SEGMENT: readonly string[] = ['role', 'target'];

/** What a person says of a finding, as a test to stand beside its rule: YAML, in which every JSON string is one of its own.
 *  Null where it says nothing of the rule, or where more than one segment made the finding. */
export function asTest(
  judgement: Judgement,
  { role, span, fields, disguise, parts }: FindingView,
  { text }: Pick<SegmentView, 'text'>,
): string | null {
  if (judgement === 'unsure' || parts !== null) return null;
  const head = `- text: ${JSON.stringify(text)}\n  role: ${role}\n${fieldsOf(fields)}`;
  if (judgement === 'false_alarm') return `${head}  expect: quiet\n  known: false_alarm\n`;
  // Of a disguised text the passage stands in what it reads, which is not the text of the test.
  const passage = disguise === null ? `  span: ${JSON.stringify(text.slice(span.start, span.end))}\n` : '';
  return `${head}  expect: fire\n${passage}`;
}

/** What the rule asked of the exchange beside its text, without which it would be quiet. */
function fieldsOf(met: FindingView['fields']): string {
  const known = met.flatMap(({ values }) => Object.entries(values));
  const needed = known.filter(([name, value]) => value !== null && !OF_THE_SEGMENT.includes(name));
  return needed.length === 0 ? '' : `  fields: ${JSON.stringify(Object.fromEntries(needed))}\n`;
}
