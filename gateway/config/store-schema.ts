import { z } from 'zod';

/** How many days an exchange is kept; null is for ever. */
const days = z.int().min(1).max(36_500).nullable();

/** Where exchanges and alerts are kept, how much of them, and for how long. */
export const store = z.strictObject({
  /** `postgres://user:password@host:port/database`, which several gateways may share; null is a file in the data
   *  folder. */
  database_url: z
    .url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' })
    .nullable()
    .default(null),
  /** The file grows no further; null is as far as the disk goes. */
  max_bytes: z.int().min(65_536).nullable().default(null),
  /** How much of the text leaves the process in an alert's excerpt. */
  content: z.enum(['none', 'redacted', 'full']).default('redacted'),
  /** With more alerts waiting, counted once a sink, exchanges below high are sampled. */
  high_water_rows: z.int().min(1).max(1_000_000_000).default(100_000),
  /** With more bytes in use likewise; null is 80 % of max_bytes, where that is set. */
  high_water_bytes: z.int().min(65_536).nullable().default(null),
  /** Above a mark one in so many is still recorded. */
  sample_one_in: z.int().min(1).max(1_000_000).default(10),
  /** By the level of the strongest finding; `none` where nothing was flagged. */
  retention_days: z
    .strictObject({
      none: days.default(30),
      informational: days.default(30),
      low: days.default(90),
      medium: days.default(180),
      high: days.default(365),
      critical: days.default(730),
    })
    .prefault({}),
});
