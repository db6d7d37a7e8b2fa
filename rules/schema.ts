import { z } from 'zod';

/** The words of a condition expression; no condition may be called so. */
export const EXPRESSION_WORDS: readonly string[] = ['and', 'or', 'not', 'of', 'all', 'them'];

const RATE = /^([1-9]\d{0,8})\/([1-9]\d{0,8})$/;

const signalSchema = z
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

/** One named condition of a rule: a signal, how its tokens become one number, and the threshold it must pass. */
export const conditionSchema = z
  .strictObject({
    signal: signalSchema,
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
    above: z.number().optional().describe('Threshold in units of the signal. Met when the value is greater.'),
    rarer_than: z
      .string()
      .regex(RATE, 'must be a rate such as 1/2000')
      .refine((text) => parseRate(text) < 1, 'must be a rate below 1, such as 1/2000')
      .optional()
      .describe(
        'Threshold as a false-alarm rate, such as `1/2000`: at most one in 2,000 ordinary segments scores so high, by the calibration of the featureset for the role that the target reads.',
      ),
  })
  .refine((condition) => (condition.above === undefined) !== (condition.rarer_than === undefined), {
    error: 'must have exactly one of above, rarer_than',
  })
  .refine((condition) => needsWindow(condition.aggregate) === (condition.window !== undefined), {
    path: ['window'],
    error: 'goes with aggregate top_k_mean or max_rolling_mean, and with no other',
  })
  .describe('A condition on one signal.')
  .meta({ oneOf: [{ required: ['above'] }, { required: ['rarer_than'] }] });

const roleSchema = z.enum(['system', 'user', 'assistant', 'tool']);

/** One test beside a rule: a text or a conversation, and whether the rule fires on it. */
export const ruleTestSchema = z
  .strictObject({
    name: z.string().min(1).optional().describe('What the case shows. Default: the beginning of its text.'),
    text: z.string().min(1).optional().describe('One segment. Either `text` or `messages`.'),
    messages: z
      .array(z.strictObject({ role: roleSchema, content: z.string() }))
      .min(1)
      .optional()
      .describe('A conversation; the rule fires if it fires on any message that its target covers.'),
    role: roleSchema.optional().describe("Who says `text`. Default: the role that the rule's target reads."),
    expect: z.enum(['fire', 'quiet']).describe('What is right, whatever the present reader makes of it.'),
    known: z
      .enum(['miss', 'false_alarm'])
      .optional()
      .describe(
        'The present reader is known to get this case wrong. It is run, reported and counted apart; getting it right is reported as improved.',
      ),
  })
  .refine((test) => (test.text === undefined) !== (test.messages === undefined), {
    error: 'must have exactly one of text, messages',
  })
  .refine((test) => test.role === undefined || test.text !== undefined, {
    path: ['role'],
    error: 'goes with text; messages carry their own roles',
  })
  .refine((test) => test.known === undefined || (test.known === 'miss') === (test.expect === 'fire'), {
    path: ['known'],
    error: 'is "miss" where fire is expected, "false_alarm" where quiet is',
  })
  .describe('A test of the rule.')
  .meta({ oneOf: [{ required: ['text'] }, { required: ['messages'] }] });

const conditionName = z
  .string()
  .regex(/^[a-z][a-z0-9_]*$/, 'a condition is named in lower case with digits and underscores')
  .refine((name) => !EXPRESSION_WORDS.includes(name), 'is a word of the condition language');

/** One rule, as it is written in a file. */
export const ruleSchema = z
  .strictObject({
    id: z.uuid('must be a UUID').describe('UUID; the same for the life of the rule, unique over all files.'),
    name: z
      .string()
      .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be words in lower case joined by hyphens')
      .describe('Short name, unique over all files: lower case, hyphens.'),
    title: z.string().min(1).max(120).describe('One line for people.'),
    description: z.string().min(1).describe('What the rule finds and what it does not.'),
    status: z
      .enum(['stable', 'test', 'experimental', 'deprecated'])
      .describe('How far the rule can be relied on.'),
    version: z.int().min(1).describe('Raised with each change of meaning.'),
    level: z
      .enum(['informational', 'low', 'medium', 'high', 'critical'])
      .describe('How bad a true finding is.'),
    mode: z
      .enum(['off', 'shadow', 'flag', 'enforce'])
      .describe(
        'off: not evaluated. shadow: counted only. flag: alert and review. enforce: `action` is taken.',
      ),
    target: z
      .enum(['input', 'output', 'system', 'tool_call', 'tool_result', 'any'])
      .describe('Which segments of an exchange it reads.'),
    detection: z
      .record(conditionName, conditionSchema)
      .refine((conditions) => Object.keys(conditions).length > 0, 'must name at least one condition')
      .describe('Named conditions.')
      .meta({ minProperties: 1 }),
    condition: z
      .string()
      .min(1)
      .max(2000)
      .describe(
        'Names of conditions joined by `and`, `or`, `not` and parentheses; `1 of them`, `all of them`.',
      ),
    action: z
      .enum(['flag', 'redact', 'block'])
      .default('flag')
      .describe('What is done with the exchange when the mode is `enforce`.'),
    tags: z
      .array(
        z.string().regex(/^[a-z0-9_]+(\.[a-z0-9_-]+)+$/, 'must be a dotted tag such as behaviour.deception'),
      )
      .default([])
      .describe('Dotted tags: `behaviour.*`, `atlas.aml.t0051`, `owasp.llm01.2025`.'),
    falsepositives: z.array(z.string().min(1)).default([]).describe('Texts known to fire wrongly.'),
    references: z.array(z.url('must be a URL')).default([]).describe('Where the behaviour is described.'),
    author: z.string().min(1).optional().describe('Who answers for the rule.'),
    date: z.iso
      .date('must be a date such as 2026-11-26')
      .optional()
      .describe('When this version was written.'),
    tests: z.array(ruleTestSchema).default([]).describe('Cases run by `telltale rules test`.'),
  })
  .describe('A rule.');

/** A file of rules. */
export const ruleFileSchema = z
  .strictObject({
    version: z
      .literal(1, 'must be 1, the version of the rule language')
      .describe('Version of the rule language.'),
    featureset: z
      .string()
      .min(1)
      .optional()
      .describe(
        'The featureset that the rules were written for: its name, or its digest (at least 12 digits of it). Default: whichever is loaded.',
      ),
    rules: z.array(ruleSchema).min(1).describe('The rules.'),
  })
  .describe('A file of Telltale rules.');

export type RuleFile = z.infer<typeof ruleFileSchema>;
export type RuleDefinition = z.infer<typeof ruleSchema>;
export type ConditionDefinition = z.infer<typeof conditionSchema>;
export type RuleTest = z.infer<typeof ruleTestSchema>;

/** `1/2000` as a number. */
export function parseRate(text: string): number {
  const [numerator, denominator] = text.split('/').map(Number);
  return (numerator ?? Number.NaN) / (denominator ?? Number.NaN);
}

function needsWindow(aggregate: string | undefined): boolean {
  return aggregate === 'top_k_mean' || aggregate === 'max_rolling_mean';
}
