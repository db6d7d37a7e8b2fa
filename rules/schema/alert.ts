import { z } from 'zod';
import { EVENT_FIELD_NAMES } from '../events/types.ts';
import { durationText } from './words.ts';

/** The fields whose values make a group; events that agree in all of them belong together. */
export const groupBySchema = z.array(z.enum(EVENT_FIELD_NAMES)).max(8);

/** How many of a rule's findings become alerts. */
export const alertSchema = z
  .strictObject({
    group_by: groupBySchema
      .default([])
      .describe('Findings that agree in these fields are one group. Default: all findings of the rule.'),
    threshold: z
      .enum(['limit', 'threshold', 'both'])
      .describe(
        '`limit`: the first `count` findings of a window become alerts. `threshold`: every `count`-th. `both`: only the `count`-th.',
      ),
    count: z.int().min(1).max(100_000).default(1).describe('How many.'),
    window: durationText.describe(
      'How long a window is, from its first finding: `90s`, `10m`, `24h`, `7d`; at most 30 days.',
    ),
  })
  .describe(
    'Holds alerts back. Findings that are held back are recorded and counted, and the next alert of the group says how many there were.',
  )
  .meta({ id: 'alert' });

export type AlertDefinition = z.infer<typeof alertSchema>;
