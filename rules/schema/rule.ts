import { z } from 'zod';
import { alertSchema } from './alert.ts';
import { conditionSchema } from './condition.ts';
import { describedEnum } from './described-enum.ts';
import { exceptionSchema } from './exception.ts';
import { ruleTestSchema } from './rule-test.ts';
import { levelSchema, targetSchema } from './rule-words.ts';
import { CONDITION_SNIPPETS, RULE_SNIPPET } from './snippets.ts';
import { hyphenName, plainName } from './words.ts';

/** One rule, as it is written in a file. */
export const ruleSchema = z
  .strictObject({
    id: z.uuid('must be a UUID').describe('UUID; the same for the life of the rule, unique over all files.'),
    name: hyphenName.describe('Short name, unique over all files: lower case, hyphens.'),
    title: z.string().min(1).max(120).describe('One line for people.'),
    description: z.string().min(1).describe('What the rule finds and what it does not.'),
    status: describedEnum({
      stable: 'Measured, and relied on.',
      test: 'Measured or being measured, and not settled.',
      experimental: 'An attempt.',
      deprecated: 'On its way out: telltale rules check warns of it.',
    }).describe('How far the rule can be relied on.'),
    version: z.int().min(1).describe('Raised with each change of meaning.'),
    level: levelSchema.describe('How bad a true finding is.'),
    mode: describedEnum({
      off: 'Not evaluated.',
      shadow: 'Counted only.',
      flag: 'Alert and review.',
      enforce: 'The action is taken.',
    }).describe(
      'off: not evaluated. shadow: counted only. flag: alert and review. enforce: `action` is taken.',
    ),
    target: targetSchema.describe('Which segments of an exchange it reads.'),
    detection: z
      .record(plainName, conditionSchema)
      .refine((conditions) => Object.keys(conditions).length > 0, 'must name at least one condition')
      .describe('Named conditions.')
      .meta({ minProperties: 1, defaultSnippets: CONDITION_SNIPPETS }),
    condition: z
      .string()
      .min(1)
      .max(2000)
      .describe(
        'Names of conditions and macros joined by `and`, `or`, `not` and parentheses; `1 of them`, `all of them`, `2 of lies_*`.',
      ),
    exceptions: z
      .array(exceptionSchema)
      .default([])
      .describe('Exchanges that the rule leaves alone, by their fields.'),
    action: describedEnum({
      flag: 'Nothing is held; there is an alert.',
      redact: 'The words that met the rule are taken out.',
      block: 'The exchange is refused, or its answer cut off.',
    })
      .default('flag')
      .describe('What is done with the exchange when the mode is `enforce`.'),
    alert: alertSchema.optional(),
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
  .describe('A rule.')
  .meta({ defaultSnippets: [RULE_SNIPPET] });

export type RuleDefinition = z.infer<typeof ruleSchema>;
