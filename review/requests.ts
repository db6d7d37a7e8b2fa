import { z } from 'zod';
import { ReviewError, type ReviewErrorCode } from './review-error.ts';

const LEVELS = ['informational', 'low', 'medium', 'high', 'critical'] as const;

/** `GET /api/exchanges`: `level` is the weakest one shown, `cursor` comes from the page before. */
export const listQuery = z.strictObject({
  cursor: z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  rule: z.string().min(1).max(200).optional(),
  level: z.enum(LEVELS).optional(),
  state: z.enum(['open', 'reviewed']).optional(),
  outcome: z.enum(['flag', 'redact', 'block']).optional(),
  conversation: z.string().min(1).max(200).optional(),
  words: z.string().trim().min(1).max(200).optional(),
});

/** The id of an exchange, as the gateway makes them; that of a notice names a rule and, behind a slash, its condition. */
export const exchangeId = z
  .string()
  .regex(
    /^[\w.:-]{1,128}(\/[\w.:-]{1,128})?$/,
    'expected 1 to 128 letters, digits or . _ : -, or two such with a /',
  );

/** The index of a dictionary feature. */
export const featureIndex = z
  .string()
  .regex(/^\d{1,9}$/, 'expected a whole number')
  .transform(Number);

/** `POST /api/exchanges/:id/review`. */
export const reviewBody = z.strictObject({
  judgement: z.enum(['correct', 'false_alarm', 'unsure']).nullable(),
  comment: z.string().max(2_000).default(''),
  reviewer: z.string().trim().min(1).max(80).optional(),
  seen: z.string().max(40).nullable().optional(),
});

/** Reads one part of a request, or says which field is wrong and what it was.
 *  @throws {ReviewError} with `code` */
export function parse<S extends z.ZodType>(schema: S, value: unknown, code: ReviewErrorCode): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => {
    const given = path.reduce<unknown>(
      (at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key],
      value,
    );
    const shown = given === undefined ? '' : ` (was ${JSON.stringify(given)?.slice(0, 80)})`;
    return `${path.join('.') || 'value'}: ${message}${shown}`;
  });
  throw new ReviewError(code, problems.join('; '), { cause: parsed.error });
}
