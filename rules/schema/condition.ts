import { z } from 'zod';
import { COMPARISONS } from '../fields/compile-comparison.ts';
import { FIELD_NAMES } from '../fields/fields.ts';
import { comparandSchema } from './comparand.ts';
import { findFaults } from './condition-faults.ts';
import { rateText } from './words.ts';

/** What is read of the text: one number a token. */
export const signalSchema = z
  .strictObject({
    concept: z.string().min(1).optional().describe('Name of a concept of the featureset.'),
    feature: z
      .union([z.int().nonnegative(), z.string().min(1)], 'must be the index or the label of a feature')
      .optional()
      .describe('Index or label of one feature of the dictionary.'),
    probe: z.string().min(1).optional().describe('Name of a dense direction of the featureset.'),
  })
  .refine((signal) => Object.keys(signal).length === 1, 'must name exactly one of concept, feature, probe')
  .describe('What is read: one number per token. Exactly one of `concept`, `feature`, `probe`.')
  .meta({ minProperties: 1, maxProperties: 1 });

const AGGREGATE_KINDS = ['max', 'mean', 'top_k_mean', 'max_rolling_mean'] as const;

const thresholdKeys = {
  above: z.number().optional().describe('Threshold in units of the signal. Met when the value is greater.'),
  rarer_than: rateText
    .optional()
    .describe(
      'Threshold as a false-alarm rate, such as `1/2000`: at most one in 2,000 ordinary segments scores so high, by the calibration of the featureset for the role that the target reads.',
    ),
};

const comparison = (meaning: string) => comparandSchema.optional().describe(meaning);

const comparisonKeys = {
  equals: comparison('The field is this text.'),
  contains: comparison('The field contains this text.'),
  startswith: comparison('The field begins with this text.'),
  endswith: comparison('The field ends with this text.'),
  glob: comparison('The whole field matches: `*` is any characters, `?` is one.'),
  regex: comparison('RE2 syntax (linear time, no look-around, no back-references), found anywhere.'),
} satisfies Record<(typeof COMPARISONS)[number], unknown>;

/** One named condition of a rule: on a signal (how its tokens become one number, and the threshold it must pass) or on
 *  a field of the exchange. */
export const conditionSchema = z
  .strictObject({
    signal: signalSchema.optional().describe('Of a condition on a signal. Either `signal` or `field`.'),
    aggregate: z
      .enum(AGGREGATE_KINDS)
      .optional()
      .describe(
        "How the segment's token values become one. Default: the concept's own; `max` for a feature or a probe.",
      ),
    window: z
      .int()
      .min(1)
      .max(4096)
      .optional()
      .describe(
        'Tokens: k of `top_k_mean`, the width of `max_rolling_mean`. Required there, refused elsewhere.',
      ),
    ...thresholdKeys,
    field: z
      .enum(FIELD_NAMES)
      .optional()
      .describe('Of a condition on a field of the exchange. Goes with exactly one comparison.'),
    ...comparisonKeys,
    ignore_case: z.boolean().optional().describe('Whether the comparison takes A for a. Default: no.'),
  })
  .superRefine((condition, context) => {
    for (const { path, message } of findFaults(condition)) {
      context.addIssue({ code: 'custom', path: [...path], message });
    }
  })
  .describe('A condition on one signal, or on one field of the exchange.')
  .meta({
    oneOf: [
      { required: ['signal', 'above'] },
      { required: ['signal', 'rarer_than'] },
      ...COMPARISONS.map((kind) => ({ required: ['field', kind] })),
    ],
  });

export type ConditionDefinition = z.infer<typeof conditionSchema>;
export type SignalDefinition = z.infer<typeof signalSchema>;
