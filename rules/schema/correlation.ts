import { z } from 'zod';
import { EVENT_FIELD_NAMES } from '../events/types.ts';
import { alertSchema, groupBySchema } from './alert.ts';
import { correlationTestSchema } from './correlation-test.ts';
import { boundsOf, type CountDefinition, countSchema } from './count.ts';
import { type Fault, fault } from './fault.ts';
import { ruleSchema } from './rule.ts';
import { durationText } from './words.ts';

const { shape } = ruleSchema;
const MAX_RULES = 32;

const ruleNames = z.array(z.string().min(1)).min(1).max(MAX_RULES);

const unlessThenSchema = z
  .strictObject({
    rules: ruleNames.describe(
      'Names or ids as under `rules` of the correlation: the events that must stay away.',
    ),
    within: durationText.describe(
      'How long they must stay away: `90s`, `10m`, `24h`, `7d`; at most 30 days.',
    ),
  })
  .describe(
    'It fires only once `within` has passed since, in which none of these rules had an event in the same group: A, and then no B.',
  );

/** One correlation, as it is written in a file. */
export const correlationSchema = z
  .strictObject({
    id: shape.id.describe('UUID; the same for the life of the correlation, unique over all files.'),
    name: shape.name,
    title: shape.title,
    description: shape.description,
    status: shape.status,
    version: shape.version,
    level: shape.level,
    mode: z
      .enum(['off', 'shadow', 'flag'])
      .describe('As of a rule. A correlation comes after the exchange, so it cannot enforce.'),
    type: z
      .enum(['event_count', 'value_count', 'temporal', 'temporal_ordered'])
      .describe(
        '`event_count`: so many findings. `value_count`: findings with so many different values of `field`. `temporal`: findings of all the rules. `temporal_ordered`: of all the rules in their order.',
      ),
    rules: ruleNames.describe(
      'Names or ids of rules, or of other correlations, whose findings are its events.',
    ),
    unless: ruleNames
      .optional()
      .describe(
        'Names or ids as under `rules`: it does not fire where one of these had an event in the same group within the timespan before.',
      ),
    unless_then: unlessThenSchema.optional(),
    group_by: groupBySchema
      .default([])
      .describe('Events that agree in these fields are counted together. Default: all.'),
    timespan: durationText.describe(
      'How far events may lie apart: `90s`, `10m`, `24h`, `7d`; at most 30 days.',
    ),
    field: z
      .enum(EVENT_FIELD_NAMES)
      .optional()
      .describe(
        'Of `value_count`: the field whose different values count. Required there, refused elsewhere.',
      ),
    condition: countSchema.optional(),
    alert: alertSchema.optional(),
    tags: shape.tags,
    falsepositives: shape.falsepositives,
    references: shape.references,
    author: shape.author,
    date: shape.date,
    tests: z.array(correlationTestSchema).default([]).describe('Cases run by `telltale rules test`.'),
  })
  .superRefine((definition, context) => {
    for (const { path, message } of findFaults(definition)) {
      context.addIssue({ code: 'custom', path: [...path], message });
    }
  })
  .describe('A finding that events make together: findings of rules, over exchanges and time.');

export type CorrelationDefinition = z.infer<typeof correlationSchema>;

interface CorrelationKeys {
  readonly type: string;
  readonly rules: readonly string[];
  readonly unless?: readonly string[] | undefined;
  readonly unless_then?: { readonly rules: readonly string[] } | undefined;
  readonly field?: unknown;
  readonly condition?: CountDefinition | undefined;
}

function findFaults({ type, rules, unless, unless_then: then, field, condition }: CorrelationKeys): Fault[] {
  const faults: Fault[] = [];
  const isCount = type === 'event_count' || type === 'value_count';
  if ((type === 'value_count') !== (field !== undefined)) {
    faults.push(fault(['field'], 'goes with type value_count, and with no other'));
  }
  if (isCount && condition === undefined) {
    faults.push(fault(['condition'], `is needed by type ${type}, such as {gte: 3}`));
  }
  if (type === 'temporal_ordered' && condition !== undefined) {
    faults.push(fault(['condition'], 'does not go with type temporal_ordered, which needs all its rules'));
  }
  if (!isCount && rules.length < 2) faults.push(fault(['rules'], `must be two or more for type ${type}`));
  const { least, most } = boundsOf(condition ?? {});
  if (type === 'temporal' && least > rules.length) {
    faults.push(fault(['condition'], `asks for ${least} of ${rules.length} rules`));
  }
  if (then !== undefined && most !== null) {
    faults.push(
      fault(
        ['unless_then'],
        'does not go with eq, lt and lte, which are decided when the timespan ends; give it to a correlation of its own that takes the findings of this one',
      ),
    );
  }
  const both = (unless ?? []).findIndex((name) => rules.includes(name));
  if (both >= 0) faults.push(fault(['unless', both], 'stands under rules as well'));
  const after = (then?.rules ?? []).findIndex((name) => rules.includes(name));
  if (after >= 0) faults.push(fault(['unless_then', 'rules', after], 'stands under rules as well'));
  return faults;
}
