import { z } from 'zod';
import { bytes, count, milliseconds } from './numbers.ts';

/** Bounds on what comes from outside. */
export const limits = z.strictObject({
  max_body_bytes: bytes
    .default(10 * 1024 * 1024)
    .describe("The most bytes of a request's body as it comes; above it the answer is 413."),
  max_decoded_bytes: bytes
    .default(32 * 1024 * 1024)
    .describe(
      'The most bytes of a body after decoding; of a request above it the answer is 400, of an answer it is not read further.',
    ),
  max_decoded_ratio: count
    .default(100)
    .describe('Decoded bytes over encoded bytes, from the first 64 KiB on.'),
  max_json_depth: z
    .int()
    .min(1)
    .max(1_000)
    .default(64)
    .describe('The most objects and lists that stand in one another.'),
  max_line_bytes: bytes
    .default(1024 * 1024)
    .describe(
      "The most bytes of one line of an event stream, of one event's lines of data together, or of one item of a streamed list; a longer one is not read.",
    ),
  max_segments: count
    .default(4_096)
    .describe(
      'The most texts of an exchange that are read, beside lists of parts, which are read as one text more; those past it are recorded as over_cap.',
    ),
  max_segment_tokens: count
    .default(65_536)
    .describe(
      'The most tokens of one text; a longer one has failed with over_cap. Where a text is read again without a disguise, both readings count; a list of parts is one text more, with a count of its own.',
    ),
  max_in_flight: count
    .default(512)
    .describe('The most exchanges at once; above it the answer is 503 with Retry-After.'),
  min_in_flight: count
    .default(16)
    .describe(
      'So many are taken even where the thread or the reader falls behind; between the two bounds it adapts.',
    ),
  max_lag_ms: milliseconds
    .default(500)
    .describe('A thread whose timers fire so much late has fallen behind.'),
  retry_after_s: z
    .int()
    .min(1)
    .max(3_600)
    .default(1)
    .describe('What Retry-After says in answers with status 503.'),
  header_timeout_ms: milliseconds
    .default(30_000)
    .describe(
      "How long a request's headers may take, from the first byte, or from the opening of the connection, and on the metrics port all of a request; a longer one is answered 408, a quarter of that time later at most.",
    ),
  body_timeout_ms: milliseconds.default(60_000).describe("How long a request's body may take."),
  client_stall_ms: milliseconds
    .default(120_000)
    .describe('How long a client may read nothing before it counts as gone.'),
});
