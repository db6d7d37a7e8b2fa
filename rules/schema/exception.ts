import { z } from 'zod';
import { COMPARISONS } from '../fields/compile-comparison.ts';
import { FIELD_NAMES } from '../fields/fields.ts';
import { comparandSchema } from './comparand.ts';

/** Exchanges that a rule leaves alone: rows of values that the fields compare with. */
export const exceptionSchema = z
  .strictObject({
    name: z.string().min(1).describe('What is left alone, and why.'),
    fields: z.array(z.enum(FIELD_NAMES)).min(1).max(8).describe('The fields that each row speaks of.'),
    comparisons: z
      .array(z.enum(COMPARISONS))
      .optional()
      .describe('How each field is compared, in the same order. Default: `equals` for all.'),
    values: z
      .array(z.array(comparandSchema).min(1))
      .min(1)
      .max(1000)
      .describe(
        'Rows of one value for each field: a text, a list of texts or `{list: NAME}`. An exception holds where all fields of some row compare.',
      ),
  })
  .superRefine(({ fields, comparisons, values }, context) => {
    const say = (path: PropertyKey[], message: string) => context.addIssue({ code: 'custom', path, message });
    if (comparisons !== undefined && comparisons.length !== fields.length) {
      say(['comparisons'], `must be as many as fields: ${fields.length}`);
    }
    for (const [row, items] of values.entries()) {
      if (items.length !== fields.length)
        say(['values', row], `must have one value for each of ${fields.length} fields`);
    }
  })
  .describe('A rule does not fire where one of its exceptions holds.')
  .meta({ id: 'exception' });

export type ExceptionDefinition = z.infer<typeof exceptionSchema>;
