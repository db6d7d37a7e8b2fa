import { z } from 'zod';

/** Where something listens; 0 takes any free port. */
export const port = z.int().min(0).max(65_535);

/** A while, a day at most. */
export const milliseconds = z.int().min(1).max(86_400_000);

/** A size that a buffer may have. */
export const bytes = z
  .int()
  .min(1)
  .max(2 ** 31 - 1);

/** A bound on how many. */
export const count = z.int().min(1).max(1_000_000);
