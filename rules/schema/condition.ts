import { z } from 'zod';
import { COMPARISONS } from '../fields/compile-comparison.ts';
import type { FieldName } from '../fields/fields.ts';
import { comparandSchema } from './comparand.ts';
import { findFaults } from './condition-faults.ts';
import { describedEnum } from './described-enum.ts';
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
  .meta({ minProperties: 1, maxProperties: 1, id: 'signal' });

const aggregateSchema = describedEnum({
  max: 'The highest token.',
  mean: 'The mean of all tokens.',
  top_k_mean: 'The mean of the highest tokens, as many as the window, wherever they stand.',
  max_rolling_mean: 'The highest mean of as many tokens in a row as the window.',
  sum: 'The sum of all tokens. A rate of it is learned from your own traffic.',
  count_above: 'How many tokens are greater than token_above. A rate of it is learned from your own traffic.',
  ema: "The highest exponential moving average over about a window's tokens. A rate of it is learned from your own traffic.",
});

const fieldSchema = describedEnum({
  route: "The path's pattern, such as /v1/chat/completions.",
  dialect: 'The API that the path belongs to.',
  model: 'The model that the request asks for.',
  tenant: 'What the header x-telltale-tenant of the request says.',
  caller: 'What a trusted hop names the caller, else a keyed hash of the API key.',
  language:
    'The language of the text, such as de, else what the header content-language of the request says.',
  role: 'Who says the segment: system, user, assistant or tool.',
  target: 'input, output, system, tool_call or tool_result.',
  tool: 'Name of the tool that the segment calls, or whose result it is.',
  conversation: "The conversation's id.",
} satisfies Record<FieldName, string>);

const MAX_WINDOW = 4096;
/** Every token of the window is looked at whenever a new one counts more than all before. */
const MAX_SUSTAINED = 1024;

const thresholdKeys = {
  above: z.number().optional().describe('Threshold in units of the signal. Met when the value is greater.'),
  rarer_than: rateText
    .optional()
    .describe(
      'Threshold as a false-alarm rate, such as `1/2000`: at most one in 2,000 ordinary segments scores so high, by the calibration of the featureset, or one learned from your own traffic, for the role that the target reads.',
    ),
};

const forSchema = z
  .strictObject({
    tokens: z.int().min(1).max(MAX_SUSTAINED).describe('How many tokens must be above the threshold …'),
    of: z.int().min(1).max(MAX_SUSTAINED).describe('… of how many tokens in a row.'),
    until: z
      .number()
      .optional()
      .describe(
        'Hysteresis: from the first token above the threshold, tokens count as above it until one is at or below this lower value.',
      ),
  })
  .refine(({ tokens, of }) => tokens <= of, { path: ['of'], error: 'must be at least as many as tokens' })
  .describe('The condition is met where so many of so many tokens in a row are above the threshold.');

const thenSchema = z
  .strictObject({
    signal: signalSchema,
    minus: signalSchema.optional().describe('A second signal, which is taken off token by token.'),
    ...thresholdKeys,
    within: z.int().min(1).max(MAX_WINDOW).describe('At most so many tokens later.'),
  })
  .refine((step) => (step.above === undefined) !== (step.rarer_than === undefined), {
    error: 'must have exactly one of above, rarer_than',
  })
  .describe(
    'The condition is met where a token above its threshold is followed by one that this step is met by.',
  )
  .meta({ oneOf: [{ required: ['above'] }, { required: ['rarer_than'] }] });

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
    minus: signalSchema
      .optional()
      .describe(
        'A second signal, which is taken off token by token: how much more there is of the first. With `rarer_than` where that is learned from your own traffic.',
      ),
    aggregate: aggregateSchema
      .optional()
      .describe(
        "How the segment's token values become one. Default: the concept's own; `max` for a feature or a probe.",
      ),
    window: z
      .int()
      .min(1)
      .max(MAX_WINDOW)
      .optional()
      .describe(
        'Tokens: k of `top_k_mean`, the width of `max_rolling_mean`, the span of `ema`. Required there, refused elsewhere.',
      ),
    token_above: z
      .number()
      .optional()
      .describe(
        'Of `count_above`: a token counts when the signal is greater. Required there, refused elsewhere.',
      ),
    per: z
      .enum(['segment', 'exchange'])
      .optional()
      .describe(
        'What the aggregate is over: one segment (the default), or all segments of the exchange that the rule reads, together. `exchange` goes with `above`.',
      ),
    ...thresholdKeys,
    for: forSchema.optional(),
    // biome-ignore lint/suspicious/noThenProperty: nobody awaits a schema, and the word is the language's.
    then: thenSchema.optional(),
    field: fieldSchema
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
    id: 'condition',
  });

export type ConditionDefinition = z.infer<typeof conditionSchema>;
export type SignalDefinition = z.infer<typeof signalSchema>;
