import { z } from 'zod';

const passOrBlock = z.enum(['pass', 'block']);

const unrecordedByLevel = z.strictObject({
  none: passOrBlock.default('pass').describe('Where nothing was flagged.'),
  informational: passOrBlock.default('pass').describe('Where the strongest finding is informational.'),
  low: passOrBlock.default('pass').describe('Where the strongest finding is low.'),
  medium: passOrBlock.default('pass').describe('Where the strongest finding is medium.'),
  high: passOrBlock.default('pass').describe('Where the strongest finding is high.'),
  critical: passOrBlock.default('block').describe('Where the strongest finding is critical.'),
});

/** Whether it is the one word that stands for all levels. */
export function isDecision(given: unknown): given is 'pass' | 'block' {
  return given === 'pass' || given === 'block';
}

/** What that word stands for. */
export function everyLevel(decision: 'pass' | 'block'): z.infer<typeof unrecordedByLevel> {
  const all = Object.keys(unrecordedByLevel.shape).map((level) => [level, decision]);
  return unrecordedByLevel.parse(Object.fromEntries(all));
}

/** What the gateway does with what it finds, and with what it cannot read. */
export const policy = z.strictObject({
  unknown_path: z
    .enum(['refuse', 'pass'])
    .default('refuse')
    .describe('Paths that no dialect reads: refused with 404, or passed on unscanned; recorded either way.'),
  shadow: z
    .boolean()
    .default(false)
    .describe('Every rule that is not off is in shadow: counted, and nothing acts.'),
  request_verdict: z
    .enum(['before', 'race', 'observe'])
    .default('before')
    .describe(
      'When the verdict on a request comes where rules enforce: `before` the upstream is called; `race`: the upstream is called meanwhile, and its answer waits; `observe`: nothing waits, and nothing is done to the request. A request that may have to be redacted waits in any case but the last.',
    ),
  redaction: z
    .string()
    .min(1)
    .max(200)
    .default('[redacted]')
    .describe('What stands in the place of text that is redacted.'),
  on_unscannable: z
    .strictObject({
      flag: passOrBlock.default('pass').describe('Where rules flag.'),
      enforce: passOrBlock.default('block').describe('Where rules enforce.'),
    })
    .prefault({})
    .describe('What happens to text that no rule could read, where rules flag and where they enforce.'),
  on_unrecorded: z
    .preprocess((given) => (isDecision(given) ? everyLevel(given) : given), unrecordedByLevel)
    .prefault({})
    .describe(
      'What happens to an answer whose record could not be written, by the level of its strongest finding; `none` where nothing was flagged. One word stands for all levels.',
    ),
  block_status: z
    .int()
    .min(400)
    .max(499)
    .nullable()
    .default(null)
    .describe(
      "HTTP status of a request that was blocked before the upstream was called; null is the API's own: 400, of Gemini 200 with a reason.",
    ),
  blocked_answer_status: z
    .union([z.literal(200), z.int().min(400).max(499)])
    .default(200)
    .describe(
      'HTTP status of a whole answer that was blocked: 200 is a completion with finish_reason content_filter. Errors of the upstream keep their own.',
    ),
  expose_verdict: z
    .boolean()
    .default(false)
    .describe('The verdict as x-telltale-verdict, where it is known before the answer begins.'),
  expose_rules: z.boolean().default(false).describe('Names of rules in what a blocked client is told.'),
  expose_timing: z
    .boolean()
    .default(false)
    .describe('The time that the gateway added before the answer began, as Server-Timing.'),
});

/** How streamed answers go on where a rule enforces. */
export const streaming = z.strictObject({
  enforcing: z
    .enum(['hold', 'buffer'])
    .default('hold')
    .describe('`hold`: each event as soon as it can be in no match any more; `buffer`: all or nothing.'),
  hold_tokens: z
    .int()
    .min(1)
    .max(4_096)
    .default(128)
    .describe('A rule whose match can reach back further makes it `buffer`.'),
  hold_ms: z
    .int()
    .min(1)
    .max(600_000)
    .default(5_000)
    .describe('How long text may wait for the reader before it counts as not read.'),
  hold_max_bytes: z
    .int()
    .min(1_024)
    .max(2 ** 31 - 1)
    .default(1024 * 1024)
    .describe(
      'The most bytes of one stream that wait with `hold`; with `buffer` the bound is limits.max_decoded_bytes.',
    ),
});
