import { z } from 'zod';

const passOrBlock = z.enum(['pass', 'block']);

const unrecordedByLevel = z.strictObject({
  none: passOrBlock.default('pass'),
  informational: passOrBlock.default('pass'),
  low: passOrBlock.default('pass'),
  medium: passOrBlock.default('pass'),
  high: passOrBlock.default('pass'),
  critical: passOrBlock.default('block'),
});

function isDecision(given: unknown): given is 'pass' | 'block' {
  return given === 'pass' || given === 'block';
}

function everyLevel(decision: 'pass' | 'block'): z.infer<typeof unrecordedByLevel> {
  const all = Object.keys(unrecordedByLevel.shape).map((level) => [level, decision]);
  return unrecordedByLevel.parse(Object.fromEntries(all));
}

/** What the gateway does with what it finds, and with what it cannot read. */
export const policy = z.strictObject({
  unknown_path: z.enum(['refuse', 'pass']).default('refuse'),
  /** Every rule that is not off is in shadow: counted, and nothing acts. */
  shadow: z.boolean().default(false),
  /** When the verdict on a request comes where rules enforce: `before` the upstream is called; `race`: the upstream is
   *  called meanwhile, and its answer waits; `observe`: nothing waits, and nothing is done to the request. A request that
   *  may have to be redacted waits in any case but the last. */
  request_verdict: z.enum(['before', 'race', 'observe']).default('before'),
  /** What stands in the place of text that is redacted. */
  redaction: z.string().min(1).max(200).default('[redacted]'),
  /** What happens to text that no rule could read, where rules flag and where they enforce. */
  on_unscannable: z
    .strictObject({ flag: passOrBlock.default('pass'), enforce: passOrBlock.default('block') })
    .prefault({}),
  /** What happens to an answer whose record could not be written, by the level of its strongest finding; `none` where
   *  nothing was flagged. One word stands for all levels. */
  on_unrecorded: z
    .preprocess((given) => (isDecision(given) ? everyLevel(given) : given), unrecordedByLevel)
    .prefault({}),
  /** HTTP status of a request that was blocked before the upstream was called; null is the API's own: 400, of Gemini
   *  200 with a reason. */
  block_status: z.int().min(400).max(499).nullable().default(null),
  /** HTTP status of a whole answer that was blocked: 200 is a completion with finish_reason content_filter. */
  blocked_answer_status: z.union([z.literal(200), z.int().min(400).max(499)]).default(200),
  /** The verdict as x-telltale-verdict, where it is known before the answer begins. */
  expose_verdict: z.boolean().default(false),
  /** Names of rules in what a blocked client is told. */
  expose_rules: z.boolean().default(false),
  /** The time that the gateway added before the answer began, as Server-Timing. */
  expose_timing: z.boolean().default(false),
});

/** How streamed answers go on where a rule enforces. */
export const streaming = z.strictObject({
  /** `hold`: each event as soon as it can be in no match any more; `buffer`: all or nothing. */
  enforcing: z.enum(['hold', 'buffer']).default('hold'),
  /** A rule whose match can reach back further makes it `buffer`. */
  hold_tokens: z.int().min(1).max(4_096).default(128),
  /** How long text may wait for the reader before it counts as not read. */
  hold_ms: z.int().min(1).max(600_000).default(5_000),
  /** The most bytes of one stream that wait. */
  hold_max_bytes: z
    .int()
    .min(1_024)
    .max(2 ** 31 - 1)
    .default(1024 * 1024),
});
