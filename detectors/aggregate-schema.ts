import { z } from 'zod';

/** An `Aggregate` in a featureset's files. */
export const aggregateSchema = z.strictObject({
  kind: z.enum(['max', 'mean', 'top_k_mean', 'max_rolling_mean']),
  window: z.int().nonnegative(),
});
