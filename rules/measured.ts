import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { SHIPPED_FOLDER } from './shipped-rules.ts';

const count = z.int().nonnegative();
const interval = z.tuple([z.number(), z.number()]);

/** So many of so many rows; the Wilson 95 % interval of the share, null of no rows. */
const share = z.strictObject({ hits: count, rows: count, interval: interval.nullable() });

const promised = z.strictObject({
  condition: z.string(),
  rate: z.number(),
  threshold: z.number(),
  /** Ordinary segments that it was looked up in, and what they were. */
  segments: count,
  traffic: z.string(),
  /** Of the true rate at the threshold. */
  interval,
});

const measuredRule = z.strictObject({
  id: z.uuid(),
  name: z.string(),
  /** Digest of what decided when it was measured. */
  decides: z.string(),
  /** Rows that carry one of these are what it is to find. */
  labels: z.array(z.string()).min(1),
  promised: z.array(promised),
  /** Of rows that it is to find. */
  recall: share,
  /** Of rows that are labelled as none of that, most of which were written to be nearly so. */
  nearMisses: share,
  /** Of those of the near-misses that were written in one group with a row that it is to find: its scene and words. */
  contrasts: share,
  /** Of rows written as ordinary traffic. */
  ordinary: share,
});

/** What the shipped rules find, measured; `npm run eval:rules` writes it. */
const measuredRulesSchema = z.strictObject({
  version: z.literal(1),
  /** Digest of the featureset that it was measured with. */
  featureset: z.string(),
  /** Rows that were read, by the kind of their part. */
  rows: z.record(z.string(), count),
  rules: z.array(measuredRule),
  /** Rows on which any rule fires that raises flags: what reviewers get. */
  together: z.strictObject({
    /** Of rows labelled as harm of any kind. */
    recall: share,
    /** Of rows labelled as none, but for ordinary traffic. */
    nearMisses: share,
    ordinary: share,
  }),
});

export type MeasuredRules = z.infer<typeof measuredRulesSchema>;
export type MeasuredRule = MeasuredRules['rules'][number];
export type MeasuredShare = MeasuredRule['recall'];

/** Where the figures stand, beside the rules. */
export const MEASURED_FILE = join(SHIPPED_FOLDER, 'measured.json');

/** The committed figures.
 *  @throws {z.ZodError} where they have another shape */
export function readMeasuredRules(): MeasuredRules {
  return measuredRulesSchema.parse(JSON.parse(readFileSync(MEASURED_FILE, 'utf8')));
}
