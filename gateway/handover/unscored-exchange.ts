import { z } from 'zod';
import type { UnscannedReason } from '../../alerts/index.ts';
import { type Fields, type SegmentRef, segmentRefSchema } from '../../rules/index.ts';

const segment = z.strictObject({
  ref: segmentRefSchema,
  text: z.string(),
  /** What of it was no text, or could not be had. */
  skipped: z.strictObject({ reason: z.string(), bytes: z.int().min(0) }).nullable(),
});

/** By their names; a worker lets those be that its rules know nothing of. */
const fields = z.record(z.string(), z.string().nullable());

/** An exchange as the gateway hands it over: everything that scoring and its record need, and the text whole. */
const unscoredSchema = z.strictObject({
  /** Grows when an older worker could no longer read it. */
  version: z.literal(1),
  exchangeId: z.string().min(1),
  conversationId: z.string(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  route: z.string(),
  dialect: z.string(),
  model: z.string().nullable(),
  status: z.int(),
  isStreamed: z.boolean(),
  traceId: z.string().nullable(),
  /** Whom it is about, hashed. */
  subject: z.string().optional(),
  /** What rules may ask of it, as it was known when the first segment began. */
  fields,
  /** In the order in which they began. */
  segments: z.array(segment),
});

/** A segment that is to be scored, whole. */
export interface UnscoredSegment {
  readonly ref: SegmentRef;
  readonly text: string;
  readonly skipped: { readonly reason: UnscannedReason; readonly bytes: number } | null;
}

/** An exchange that is to be scored. */
export interface Unscored extends Omit<z.infer<typeof unscoredSchema>, 'subject' | 'segments' | 'fields'> {
  readonly subject?: string;
  readonly fields: Fields;
  readonly segments: readonly UnscoredSegment[];
}

/** A body that is no exchange. */
export interface Unreadable {
  readonly problem: string;
  /** Whom it is about, where it says that all the same. */
  readonly subject?: string;
}

const aboutSomebody = z.object({ subject: z.string() });

/** Reads the body of a message; the problem where it is none. */
export function readUnscored(body: string): Unscored | Unreadable {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    // What the parser says has a piece of the text in it.
    return { problem: 'it is not JSON' };
  }
  const parsed = unscoredSchema.safeParse(json);
  if (parsed.success) return parsed.data as Unscored;
  const [issue] = parsed.error.issues;
  const problem = `${issue?.path.join('.') || 'it'}: ${issue?.message}`;
  return { problem, ...aboutSomebody.safeParse(json).data };
}
