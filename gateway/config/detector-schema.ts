import { z } from 'zod';
import { count, milliseconds } from './numbers.ts';

/** The reader and its threads. */
export const detector = z.strictObject({
  workers: z.int().min(1).max(256).nullable().default(null).describe('Null is one for each core.'),
  niceness: z
    .int()
    .min(0)
    .max(19)
    .default(10)
    .describe(
      'How far the threads that read stand back, on Linux, behind what serves clients where cores are short; 0 gives all the same weight.',
    ),
  timeout_ms: milliseconds
    .default(10_000)
    .describe('How long one piece of text may wait for the reader before it has failed.'),
  max_queued_blocks: count
    .default(4_096)
    .describe('The most pieces of text that wait for the reader; above it they fail with queue_full.'),
  score_cache_bytes: z
    .int()
    .min(0)
    .max(2 ** 40)
    .default(64 * 1024 * 1024)
    .describe(
      'Room for scores of text that was read before, so that a conversation sent again costs its new turn only: numbers under digests, in memory alone, about 700 bytes a token with the shipped rules; 0 remembers nothing.',
    ),
  score_cache_entries: count
    .default(65_536)
    .describe(
      'The most texts, windows of longer texts, and texts without a disguise, that are remembered, each.',
    ),
});

/** Live false-alarm rates, held against those that rules promise. */
export const drift = z.strictObject({
  window_hours: z
    .number()
    .min(0.01)
    .max(24 * 90)
    .default(24)
    .describe('A live rate is of the segments of so many hours.'),
  factor: z
    .number()
    .gt(1)
    .max(1_000)
    .default(3)
    .describe(
      'A live rate is clearly another when its 95 % interval lies above so many times the promised rate, or below the promised rate over so much.',
    ),
  check_ms: milliseconds.default(60_000).describe('Between two looks at the rates.'),
});
