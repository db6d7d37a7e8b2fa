import { z } from 'zod';
import { EVENT_FIELD_NAMES } from '../events/types.ts';
import { FIELD_NAMES } from '../fields/fields.ts';
import { offsetText } from './words.ts';

const MAX_FINDINGS = 500;

/** Fields of an exchange, as tests over time give them; `rule` is what the event itself says. */
export const eventFieldsSchema = z.partialRecord(z.enum([...FIELD_NAMES, 'exchange']), z.string());

/** Findings of a rule at made-up times. */
export const findingsSchema = z
  .array(
    z
      .strictObject({
        at: offsetText.describe(
          'When, from the beginning of the test: `0s`, `90s`, `5m`, `2h`. In their order.',
        ),
        fields: eventFieldsSchema
          .optional()
          .describe(
            'Fields of its exchange, in place of those of the test. Default of `exchange`: one of its own for each finding.',
          ),
      })
      .describe('A finding of the rule.'),
  )
  .min(1)
  .max(MAX_FINDINGS);

/** Which of them become alerts. */
export const alertsSchema = z
  .array(
    z.union(
      [
        offsetText,
        z
          .strictObject({
            at: offsetText.describe('When the finding was that becomes an alert.'),
            group: z
              .partialRecord(z.enum(EVENT_FIELD_NAMES), z.string())
              .optional()
              .describe('Fields of its group; others of the group may be anything.'),
            held_back: z
              .int()
              .min(0)
              .optional()
              .describe('How many findings the alert says were held back since the last one of its group.'),
          })
          .describe('A finding that becomes an alert.'),
      ],
      'must be a time such as 9m, or a mapping such as {at: 9m, held_back: 2}',
    ),
  )
  .max(MAX_FINDINGS);
