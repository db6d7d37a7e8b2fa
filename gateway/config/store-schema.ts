import { z } from 'zod';

/** How many days an exchange is kept; null is for ever. */
const days = z.int().min(1).max(36_500).nullable();

/** Where exchanges and alerts are kept, how much of them, and for how long. */
export const store = z.strictObject({
  database_url: z
    .url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' })
    .nullable()
    .default(null)
    .describe(
      '`postgres://user:password@host:port/database`, which several gateways may share; null is a file in the data folder.',
    ),
  max_bytes: z
    .int()
    .min(65_536)
    .nullable()
    .default(null)
    .describe(
      'The file grows no further; null is as far as the disk goes. A database has bounds of its own, and this is refused beside `database_url`.',
    ),
  content: z
    .enum(['none', 'redacted', 'full'])
    .default('redacted')
    .describe(
      "How much of the text leaves the process in an alert's excerpt. What Telltale says of itself (rules refused, drift, a store set aside) is told as it is.",
    ),
  high_water_rows: z
    .int()
    .min(1)
    .max(1_000_000_000)
    .default(100_000)
    .describe('With more alerts waiting, counted once a sink, exchanges below high are sampled.'),
  high_water_bytes: z
    .int()
    .min(65_536)
    .nullable()
    .default(null)
    .describe(
      'With more bytes in use, in the file or in the tables of the database, likewise; null is 80 % of max_bytes, where that is set.',
    ),
  sample_one_in: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(10)
    .describe('Above a mark one in so many is still recorded.'),
  max_unflagged: z
    .int()
    .min(1)
    .max(1_000_000_000)
    .nullable()
    .default(200_000)
    .describe(
      'Exchanges that nothing flagged are kept up to this number; the oldest goes, and with it what is kept of it for replay; null keeps it as long as retention_days says. In shadow that is all traffic.',
    ),
  retention_days: z
    .strictObject({
      none: days.default(30).describe('Where nothing was flagged; of those no more than max_unflagged.'),
      informational: days.default(30).describe('Where the strongest finding is informational.'),
      low: days.default(90).describe('Where the strongest finding is low.'),
      medium: days.default(180).describe('Where the strongest finding is medium.'),
      high: days.default(365).describe('Where the strongest finding is high.'),
      critical: days.default(730).describe('Where the strongest finding is critical.'),
    })
    .prefault({})
    .describe('By the level of the strongest finding; `none` where nothing was flagged.'),
});
