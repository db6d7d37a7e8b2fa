import { z } from 'zod';
import { conditionSchema } from './condition.ts';
import { hyphenName, plainName } from './words.ts';

/** Where rules of other files are to be quiet. */
export const filterSchema = z
  .strictObject({
    name: hyphenName.describe('Short name, unique over all files.'),
    description: z.string().min(1).describe('What is left alone, and why.'),
    rules: z
      .union(
        [z.literal('any'), z.array(z.string().min(1)).min(1)],
        'must be any, or a list of names or ids of rules',
      )
      .describe('`any`, or the names or ids of the rules that it bears on.'),
    detection: z
      .record(plainName, conditionSchema)
      .refine((conditions) => Object.keys(conditions).length > 0, 'must name at least one condition')
      .describe('Named conditions, as in a rule.')
      .meta({ minProperties: 1 }),
    condition: z
      .string()
      .min(1)
      .max(2000)
      .describe('An expression over these conditions and macros. Where it holds the rules do not fire.'),
  })
  .describe('Leaves a segment alone: the rules stay as they are in their files.');

export type FilterDefinition = z.infer<typeof filterSchema>;
