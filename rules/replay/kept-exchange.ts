import { z } from 'zod';
import type { Computed, ReadableView, SignalId } from '../../detectors/index.ts';
import { FIELD_NAMES, type Fields, MAX_FIELD_LENGTH } from '../fields/fields.ts';
import { RulesError } from '../rules-error.ts';
import { segmentRefSchema } from '../segment-ref-schema.ts';
import type { SegmentRef } from '../types.ts';

/** What the reader saw of one text. */
export interface KeptReading {
  /** As `packActivations` gives them. */
  readonly packed: Uint8Array;
  /** Whether the text was read to its end. */
  readonly isFinished: boolean;
  /** Of a second reading what was undone in the text; null for the text itself. */
  readonly changes: ReadableView['changes'] | null;
}

/** One segment of an exchange, as rules may judge it again. */
export interface KeptSegment {
  readonly ref: SegmentRef;
  /** Fields of the exchange, as far as they were known when the segment began. */
  readonly fields: Fields;
  /** As its coverage says. */
  readonly status: 'scanned' | 'skipped' | 'failed';
  readonly reason: string | null;
  readonly computed: Computed;
  /** The text, and what it reads without its disguise where it wears one. Empty where nobody read it. */
  readonly readings: readonly KeptReading[];
}

/** A rule that fired when the exchange passed. */
export interface FiredRule {
  readonly id: string;
  readonly name: string;
  /** Whether it flagged or acted, and was not in shadow. */
  readonly isAlerting: boolean;
}

/** What is kept of an exchange so that other rules can be held against it: no text. */
export interface KeptExchange {
  readonly featuresetDigest: string;
  readonly ruleSetDigest: string;
  /** What was made of it, with the rules of then. */
  readonly verdict: string;
  /** Without correlations, which are about more than one exchange. */
  readonly fired: readonly FiredRule[];
  /** Correlations that it completed; absent where that was not kept. */
  readonly correlated?: readonly FiredRule[];
  readonly segments: readonly KeptSegment[];
}

const FORMAT = 1;

const readingSchema = z.strictObject({
  bytes: z.int().nonnegative(),
  isFinished: z.boolean(),
  changes: z.array(z.string()).nullable(),
});

const firedSchema = z.strictObject({ id: z.string(), name: z.string(), isAlerting: z.boolean() });

const segmentSchema = z.strictObject({
  ref: segmentRefSchema,
  fields: z.partialRecord(z.enum(FIELD_NAMES), z.string().nullable()),
  status: z.enum(['scanned', 'skipped', 'failed']),
  reason: z.string().nullable(),
  /** Index into `computed`. */
  computed: z.int().nonnegative(),
  readings: z.array(readingSchema),
});

const headSchema = z.strictObject({
  format: z.literal(FORMAT),
  featuresetDigest: z.string(),
  ruleSetDigest: z.string(),
  verdict: z.string(),
  fired: z.array(firedSchema),
  correlated: z.array(firedSchema).optional(),
  computed: z.array(z.strictObject({ signals: z.array(z.string()), isWholeDictionary: z.boolean() })),
  segments: z.array(segmentSchema),
});

/** An exchange in bytes: the length of a head in JSON, the head, then the packed readings in their order. */
export function encodeExchange(exchange: KeptExchange): Uint8Array<ArrayBuffer> {
  const { segments, correlated, ...about } = exchange;
  const computed = [...new Set(segments.map((segment) => segment.computed))];
  const head: z.input<typeof headSchema> = {
    format: FORMAT,
    ...about,
    fired: [...about.fired],
    ...(correlated !== undefined && { correlated: [...correlated] }),
    computed: computed.map(({ signals, isWholeDictionary }) => ({
      signals: [...signals],
      isWholeDictionary,
    })),
    segments: segments.map((segment) => ({
      ...segment,
      fields: shortened(segment.fields),
      computed: computed.indexOf(segment.computed),
      readings: segment.readings.map(({ packed, isFinished, changes }) => ({
        bytes: packed.length,
        isFinished,
        changes: changes === null ? null : [...changes],
      })),
    })),
  };
  const json = Buffer.from(JSON.stringify(head));
  const packed = segments.flatMap(({ readings }) => readings.map((reading) => reading.packed));
  const bytes = new Uint8Array(4 + json.length + packed.reduce((sum, { length }) => sum + length, 0));
  new DataView(bytes.buffer).setUint32(0, json.length, true);
  bytes.set(json, 4);
  let at = 4 + json.length;
  for (const part of packed) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Of a longer value rules compare the beginning alone. */
function shortened(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, value?.slice(0, MAX_FIELD_LENGTH) ?? null]),
  );
}

/** Reads what `encodeExchange` wrote.
 *  @throws {RulesError} RECORDING_UNUSABLE */
export function decodeExchange(bytes: Uint8Array): KeptExchange {
  const { head, length } = readHead(bytes);
  const computed = head.computed.map((one): Computed => ({ ...one, signals: one.signals as SignalId[] }));
  let at = 4 + length;
  const segments = head.segments.map((segment): KeptSegment => {
    const own = computed[segment.computed];
    if (own === undefined) throw unusable('its head names what it does not hold');
    const { tool, language, ...ref } = segment.ref;
    const readings = segment.readings.map(({ bytes: size, isFinished, changes }): KeptReading => {
      const packed = bytes.subarray(at, at + size);
      at += size;
      return { packed, isFinished, changes: changes as KeptReading['changes'] };
    });
    return {
      ...segment,
      ref: { ...ref, ...(tool !== undefined && { tool }), ...(language !== undefined && { language }) },
      fields: segment.fields as Fields,
      computed: own,
      readings,
    };
  });
  if (at !== bytes.length) throw unusable(`${at} bytes expected, ${bytes.length} found`);
  const { correlated, ...about } = head;
  return { ...about, ...(correlated !== undefined && { correlated }), segments };
}

function readHead(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.length < 4 ? Number.POSITIVE_INFINITY : view.getUint32(0, true);
  if (4 + length > bytes.length) throw unusable(`it ends after ${bytes.length} bytes`);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + 4, length).toString('utf8');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw unusable('its head is no JSON', cause);
  }
  const parsed = headSchema.safeParse(json);
  if (!parsed.success) throw unusable(z.prettifyError(parsed.error), parsed.error);
  return { head: parsed.data, length };
}

function unusable(why: string, cause?: unknown): RulesError {
  return new RulesError('RECORDING_UNUSABLE', `a kept exchange cannot be read: ${why}`, { cause });
}
