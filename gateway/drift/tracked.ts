import { z } from 'zod';
import type { Promised } from '../../rules/index.ts';
import type { Drift } from './judge-drift.ts';
import { BUCKETS, type RateWindow, startWindow } from './rate-window.ts';

/** A promised rate with what traffic has said of it. */
export interface Tracked {
  readonly promised: Promised;
  readonly window: RateWindow;
  drift: Drift;
  /** When the last alert of each direction was raised, milliseconds since 1970. */
  readonly alertedAt: { above?: number | undefined; below?: number | undefined };
}

const count = z.int().nonnegative();
const buckets = z.array(count).length(BUCKETS);

const trackedSchema = z.strictObject({
  key: z.string(),
  fingerprint: z.string(),
  window: z.strictObject({ newest: count, segments: buckets, reached: buckets }),
  drift: z.enum(['none', 'above', 'below']),
  alertedAt: z.strictObject({ above: count.optional(), below: count.optional() }),
});

/** Counts as they lie on the disk. */
export const trackedFileSchema = z.strictObject({
  version: z.literal(1),
  /** Counts of another reader or under another window say nothing. */
  featureset: z.string(),
  windowMs: count,
  thresholds: z.array(trackedSchema),
});

export type TrackedFile = z.infer<typeof trackedFileSchema>;

/** Goes on counting where a threshold is the same as before, and begins anew where it is another. */
export function track(
  promises: readonly Promised[],
  before: ReadonlyMap<string, Omit<Tracked, 'promised'> & { readonly fingerprint: string }>,
): Map<string, Tracked> {
  return new Map(
    promises.map((promised) => {
      const known = before.get(promised.key);
      const isSame = known !== undefined && known.fingerprint === promised.fingerprint;
      const counted = isSame
        ? { window: known.window, drift: known.drift, alertedAt: known.alertedAt }
        : { window: startWindow(), drift: 'none' as const, alertedAt: {} };
      return [promised.key, { promised, ...counted }];
    }),
  );
}
