import { z } from 'zod';
import { conditionSchema } from './schema/condition.ts';
import { correlationSchema } from './schema/correlation.ts';
import { filterSchema } from './schema/filter.ts';
import { overrideSchema } from './schema/override.ts';
import { ruleSchema } from './schema/rule.ts';
import { plainName } from './schema/words.ts';
import { isRange } from './version-range.ts';

const MAX_LIST_ITEMS = 10_000;
/** The parts of which a file must have at least one. */
const PARTS = ['rules', 'correlations', 'filters', 'overrides', 'lists', 'macros'] as const;

/** A file of rules, of what bears on rules of other files, and of lists and macros. */
export const ruleFileSchema = z
  .strictObject({
    version: z
      .literal(1, 'must be 1, the version of the rule language')
      .describe('Version of the rule language.'),
    required_engine: z
      .string()
      .refine(isRange, 'must be a range of versions such as >=1.1 or "^1.1 <1.4"')
      .optional()
      .describe(
        'The engines that can read this file, such as `>=1.1`; `telltale rules check` names the present one. Another engine refuses the file before it reads on.',
      ),
    featureset: z
      .string()
      .min(1)
      .optional()
      .describe(
        'The featureset that the rules were written for: its name, its name and a range of its versions (`default ^0.1`), or its digest (at least 12 digits of it). Default: whichever is loaded.',
      ),
    lists: z
      .record(plainName, z.array(z.string()).min(1).max(MAX_LIST_ITEMS))
      .optional()
      .describe('Named texts, for comparisons of fields and for exceptions of any file: `{list: NAME}`.'),
    macros: z
      .record(
        plainName,
        z.union(
          [z.string().min(1).max(2000), conditionSchema],
          'must be an expression, or one condition as under detection',
        ),
      )
      .optional()
      .describe(
        'Named parts of condition expressions, for rules of any file: an expression over conditions and other macros, or one condition.',
      ),
    rules: z.array(ruleSchema).min(1).optional().describe('The rules.'),
    correlations: z
      .array(correlationSchema)
      .min(1)
      .optional()
      .describe('Findings that events make together, over exchanges and time.'),
    filters: z
      .array(filterSchema)
      .min(1)
      .optional()
      .describe('Where rules of this or other files are to be quiet.'),
    overrides: z
      .array(overrideSchema)
      .min(1)
      .optional()
      .describe('Changes to rules of other files, in the order of files and lines.'),
  })
  .refine((file) => PARTS.some((part) => file[part] !== undefined), `must have one of ${PARTS.join(', ')}`)
  .describe('A file of Telltale rules.');

export type RuleFile = z.infer<typeof ruleFileSchema>;
export type { AlertDefinition } from './schema/alert.ts';
export type { Comparand } from './schema/comparand.ts';
export type { ConditionDefinition, SignalDefinition } from './schema/condition.ts';
export type { CorrelationDefinition } from './schema/correlation.ts';
export type { CorrelationTest } from './schema/correlation-test.ts';
export { boundsOf, type CountDefinition } from './schema/count.ts';
export type { ExceptionDefinition } from './schema/exception.ts';
export type { FilterDefinition } from './schema/filter.ts';
export type { OverrideDefinition } from './schema/override.ts';
export type { RuleDefinition } from './schema/rule.ts';
export type { RuleTest } from './schema/rule-test.ts';
export { EXPRESSION_WORDS, offsetOf, parseDuration, parseOffset, parseRate } from './schema/words.ts';
