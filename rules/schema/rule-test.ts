import { z } from 'zod';
import { roleSchema } from '../../detectors/index.ts';
import { FIELD_NAMES } from '../fields/fields.ts';
import { alertsSchema, findingsSchema } from './alert-test.ts';
import { seriesSchema } from './series.ts';
import { findTestFaults, TEST_SOURCES } from './test-faults.ts';

/** Fields of the exchange as a test gives them. */
const fieldsSchema = z.partialRecord(z.enum(FIELD_NAMES), z.string());

const tokenIndex = z.int().nonnegative();

/** One test beside a rule: what it reads, and whether the rule fires on it. */
export const ruleTestSchema = z
  .strictObject({
    name: z.string().min(1).optional().describe('What the case shows. Default: the beginning of its text.'),
    text: z
      .string()
      .min(1)
      .optional()
      .describe('One segment. Exactly one of `text`, `messages`, `ok`, `series`, `activations`, `events`.'),
    messages: z
      .array(
        z
          .strictObject({
            role: roleSchema.describe('Who says it; which targets cover it follows from that.'),
            content: z.string().describe('What is said; may be empty.'),
          })
          .describe('A message.'),
      )
      .min(1)
      .optional()
      .describe('A conversation; the rule fires if it fires on any message that its target covers.'),
    ok: z
      .string()
      .min(1)
      .optional()
      .describe('One segment on which the rule must be quiet: short for `text` with `expect: quiet`.'),
    series: seriesSchema
      .optional()
      .describe(
        'Made-up values, token by token, of the signals that the rule reads: `{concept/deception: "0x4 5x8 0x4"}`. All of one length; a signal that is not given is 0.',
      ),
    activations: z
      .string()
      .min(1)
      .optional()
      .describe(
        'A file of recorded activations, as `telltale rules record` prints it; its path from the rule file.',
      ),
    events: findingsSchema
      .optional()
      .describe(
        "Findings of the rule in the order of time, of which the rule's `alert` makes alerts or holds them back. No reader is asked: the findings are made up. Goes with `alerts`.",
      ),
    alerts: alertsSchema
      .optional()
      .describe(
        'Every one of the `events` that becomes an alert, and no other: `[0s, 9m]`, `[{at: 9m, held_back: 2}]`, `[]`.',
      ),
    role: roleSchema
      .optional()
      .describe(
        "Who says it, where the test is one segment. Default: the role that the rule's target reads.",
      ),
    fields: fieldsSchema
      .optional()
      .describe('Fields of the exchange, such as `{route: /v1/chat/completions, model: small}`.'),
    expect: z
      .enum(['fire', 'quiet'])
      .optional()
      .describe(
        'What is right, whatever the present reader makes of it. Required but with `ok` and `events`.',
      ),
    span: z.string().min(1).optional().describe('A passage of the text that the finding must touch.'),
    tokens: z
      .array(tokenIndex)
      .refine(({ length }) => length === 2, 'must be the first and the last token')
      .optional()
      .describe('First and last token of the finding, exactly, counted from 0.'),
    known: z
      .enum(['miss', 'false_alarm'])
      .optional()
      .describe(
        'The present reader is known to get this case wrong. It is run, reported and counted apart; getting it right is reported as improved.',
      ),
  })
  .superRefine((test, context) => {
    for (const { path, message } of findTestFaults(test)) {
      context.addIssue({ code: 'custom', path: [...path], message });
    }
  })
  .describe('A test of the rule.')
  .meta({
    oneOf: TEST_SOURCES.map((source) => ({
      required: source === 'ok' ? ['ok'] : [source, source === 'events' ? 'alerts' : 'expect'],
    })),
    id: 'test',
  });

export type RuleTest = z.infer<typeof ruleTestSchema>;
