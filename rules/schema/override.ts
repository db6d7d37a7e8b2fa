import { z } from 'zod';
import { type Fault, fault, present } from './fault.ts';
import { ruleSchema } from './rule.ts';

const { shape } = ruleSchema;

/** What of a rule another file may change: everything but what it is known by. */
const changeable = z.strictObject({
  title: shape.title,
  description: shape.description,
  status: shape.status,
  version: shape.version,
  level: shape.level,
  mode: shape.mode,
  target: shape.target,
  detection: shape.detection,
  condition: shape.condition,
  exceptions: shape.exceptions.unwrap().describe('Exchanges that the rule leaves alone, by their fields.'),
  action: shape.action.unwrap().describe('What is done with the exchange when the mode is `enforce`.'),
  alert: shape.alert,
  tags: shape.tags.unwrap().describe('Dotted tags.'),
  falsepositives: shape.falsepositives.unwrap().describe('Texts known to fire wrongly.'),
  references: shape.references.unwrap().describe('Where the behaviour is described.'),
  author: shape.author,
  date: shape.date,
  tests: shape.tests.unwrap().describe('Cases run by `telltale rules test`.'),
});

/** Lists, and what is joined as text or by names. */
const APPENDABLE: readonly string[] = [
  'detection',
  'condition',
  'exceptions',
  'tags',
  'falsepositives',
  'references',
  'tests',
];
const KEYS = Object.keys(changeable.shape);

/** A change to a rule of another file, which stays as it is. */
export const overrideSchema = z
  .strictObject({
    rule: z.string().min(1).describe('Name or id of the rule that is changed.'),
    override: z
      .enum(['append', 'replace'])
      .describe(
        '`append`: lists grow, `detection` gets new conditions, `condition` goes on after the old one, such as `and not batch`. `replace`: what is given stands in place of what was; of `detection`, the conditions of the same names.',
      ),
    ...changeable.partial().shape,
  })
  .superRefine((definition, context) => {
    for (const { path, message } of findFaults(definition)) {
      context.addIssue({ code: 'custom', path: [...path], message });
    }
  })
  .describe("A team's change to a rule of another file. Keys are those of a rule.");

export type OverrideDefinition = z.infer<typeof overrideSchema>;

function findFaults(definition: { readonly override: 'append' | 'replace' }): Fault[] {
  const given = present(definition, KEYS);
  if (given.length === 0) return [fault([], `must change something: one of ${KEYS.join(', ')}`)];
  if (definition.override === 'replace') return [];
  return given
    .filter((key) => !APPENDABLE.includes(key))
    .map((key) => fault([key], 'has nothing to append to; give it in an override: replace'));
}
