import { z } from 'zod';
import type { Computed, ReadableView, SignalId } from '../../detectors/index.ts';
import { FIELD_NAMES, type Fields, MAX_FIELD_LENGTH } from '../fields/fields.ts';
import { segmentRefSchema } from '../segment-ref-schema.ts';
import type { SegmentRef } from '../types.ts';

/** How a text was read. */
export interface ReadingAbout {
  /** Whether the text was read to its end. */
  readonly isFinished: boolean;
  /** Of a second reading what was undone in the text; null for the text itself. */
  readonly changes: ReadableView['changes'] | null;
}

/** One segment of an exchange, as rules may judge it again. */
export interface ReadSegment<Reading> {
  readonly ref: SegmentRef;
  /** Fields of the exchange, as far as they were known when the segment began. */
  readonly fields: Fields;
  /** As its coverage says. */
  readonly status: 'scanned' | 'skipped' | 'failed';
  readonly reason: string | null;
  readonly computed: Computed;
  /** The text, and what it reads without its disguise where it wears one. Empty where nobody read it. */
  readonly readings: readonly Reading[];
}

/** A rule that fired when the exchange passed. */
export interface FiredRule {
  readonly id: string;
  readonly name: string;
  /** Whether it flagged or acted, and was not in shadow. */
  readonly isAlerting: boolean;
}

/** What is known of an exchange so that other rules can be held against it: no text. */
export interface ReadExchange<Reading> {
  readonly featuresetDigest: string;
  readonly ruleSetDigest: string;
  /** What was made of it, with the rules of then. */
  readonly verdict: string;
  /** Without correlations, which are about more than one exchange. */
  readonly fired: readonly FiredRule[];
  /** Correlations that it completed; absent where that was not kept. */
  readonly correlated?: readonly FiredRule[];
  readonly segments: readonly ReadSegment<Reading>[];
}

/** The same as JSON has it, with what a format says of each reading: what several segments share stands once. */
export interface ExchangeHead<Reading> extends Omit<ReadExchange<Reading>, 'segments'> {
  readonly format: typeof FORMAT;
  readonly computed: readonly Computed[];
  readonly segments: readonly (Omit<ReadSegment<Reading>, 'computed'> & {
    /** Index into `computed` of the head. */
    readonly computed: number;
  })[];
}

const FORMAT = 1;

/** The fields of `ReadingAbout`, for the schema of a reading. */
export const readingAbout = {
  isFinished: z.boolean(),
  changes: z.array(z.string()).nullable(),
};

/** The fields of an `ExchangeHead`, for the schema of a format.
 *  @param reading - what the format says of a reading */
export function headFields<Reading extends z.ZodType>(reading: Reading) {
  const firedSchema = z.strictObject({ id: z.string(), name: z.string(), isAlerting: z.boolean() });
  return {
    format: z.literal(FORMAT),
    featuresetDigest: z.string(),
    ruleSetDigest: z.string(),
    verdict: z.string(),
    fired: z.array(firedSchema),
    correlated: z.array(firedSchema).optional(),
    computed: z.array(z.strictObject({ signals: z.array(z.string()), isWholeDictionary: z.boolean() })),
    segments: z.array(
      z.strictObject({
        ref: segmentRefSchema,
        fields: z.partialRecord(z.enum(FIELD_NAMES), z.string().nullable()),
        status: z.enum(['scanned', 'skipped', 'failed']),
        reason: z.string().nullable(),
        computed: z.int().nonnegative(),
        readings: z.array(reading),
      }),
    ),
  };
}

/** An exchange for JSON, with its readings described as a format needs them. */
export function headOf<Reading, Described>(
  { segments, ...about }: ReadExchange<Reading>,
  describe: (reading: Reading) => Described,
): ExchangeHead<Described> {
  const computed = [...new Set(segments.map((segment) => segment.computed))];
  return {
    format: FORMAT,
    ...about,
    computed,
    segments: segments.map((segment) => ({
      ...segment,
      fields: shortened(segment.fields),
      computed: computed.indexOf(segment.computed),
      readings: segment.readings.map(describe),
    })),
  };
}

/** Of a longer value rules compare the beginning alone. */
function shortened(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, value?.slice(0, MAX_FIELD_LENGTH) ?? null]),
  );
}

/** What the schema of `headFields` makes of JSON. */
export type ParsedHead<Reading> = Omit<ExchangeHead<Reading>, 'computed' | 'segments' | 'correlated'> & {
  readonly correlated?: readonly FiredRule[] | undefined;
  readonly computed: readonly { readonly signals: readonly string[]; readonly isWholeDictionary: boolean }[];
  readonly segments: readonly {
    readonly ref: z.infer<typeof segmentRefSchema>;
    readonly fields: Readonly<Record<string, string | null | undefined>>;
    readonly status: 'scanned' | 'skipped' | 'failed';
    readonly reason: string | null;
    readonly computed: number;
    readonly readings: readonly Reading[];
  }[];
};

/** Reads what `headOf` gave.
 *  @param readingOf - called for each reading, in their order
 *  @returns null where a segment names what the head does not hold */
export function exchangeOf<Described, Reading>(
  head: ParsedHead<Described>,
  readingOf: (described: Described, computed: Computed) => Reading,
): ReadExchange<Reading> | null {
  const computed = head.computed.map((one): Computed => ({ ...one, signals: one.signals as SignalId[] }));
  if (head.segments.some((segment) => computed[segment.computed] === undefined)) return null;
  const segments = head.segments.map((segment): ReadSegment<Reading> => {
    const own = computed[segment.computed] ?? NOTHING;
    const { tool, language, ...ref } = segment.ref;
    return {
      ...segment,
      ref: { ...ref, ...(tool !== undefined && { tool }), ...(language !== undefined && { language }) },
      fields: segment.fields as Fields,
      computed: own,
      readings: segment.readings.map((reading) => readingOf(reading, own)),
    };
  });
  const { featuresetDigest, ruleSetDigest, verdict, fired, correlated } = head;
  const about = { featuresetDigest, ruleSetDigest, verdict, fired };
  return { ...about, ...(correlated !== undefined && { correlated }), segments };
}

const NOTHING: Computed = { signals: [], isWholeDictionary: false };
