import { z } from 'zod';
import { FIELD_NAMES } from '../fields/fields.ts';

const roleSchema = z.enum(['system', 'user', 'assistant', 'tool']);

/** Fields of the exchange as a test gives them. */
const fieldsSchema = z.partialRecord(z.enum(FIELD_NAMES), z.string());

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
    fields: fieldsSchema
      .optional()
      .describe('Fields of the exchange, such as `{route: /v1/chat/completions, model: small}`.'),
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
  .meta({ oneOf: [{ required: ['text'] }, { required: ['messages'] }], id: 'test' });

export type RuleTest = z.infer<typeof ruleTestSchema>;
