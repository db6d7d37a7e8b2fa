import { z } from 'zod';

/** What is kept of every recorded exchange, so that other rules can be held against it later: activations, no text. */
export const replay = z.strictObject({
  keep: z
    .enum(['off', 'rules', 'concepts', 'dictionary'])
    .default('concepts')
    .describe(
      'What the reader computes and keeps of what it reads: nothing; what the rules of the day read; every concept and every probe too; or the whole dictionary too, from which much of a text could be guessed.',
    ),
  max_bytes: z
    .int()
    .min(1_048_576)
    .max(1_099_511_627_776)
    .default(1_073_741_824)
    .describe('All that is kept takes no more: the oldest go first.'),
});
