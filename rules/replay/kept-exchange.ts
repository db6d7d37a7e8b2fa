import { z } from 'zod';
import { RulesError } from '../rules-error.ts';
import {
  exchangeOf,
  headFields,
  headOf,
  type ParsedHead,
  type ReadExchange,
  type ReadingAbout,
  type ReadSegment,
  readingAbout,
} from './exchange-head.ts';

/** What the reader saw of one text. */
export interface KeptReading extends ReadingAbout {
  /** As `packActivations` gives them. */
  readonly packed: Uint8Array;
}

/** One segment of an exchange, with its readings packed. */
export type KeptSegment = ReadSegment<KeptReading>;

/** What is kept of an exchange so that other rules can be held against it: no text. */
export type KeptExchange = ReadExchange<KeptReading>;

const headSchema = z.strictObject(
  headFields(z.strictObject({ bytes: z.int().nonnegative(), ...readingAbout })),
);

/** An exchange in bytes: the length of a head in JSON, the head, then the packed readings in their order. */
export function encodeExchange(exchange: KeptExchange): Uint8Array<ArrayBuffer> {
  const head = headOf(exchange, ({ packed, isFinished, changes }) => {
    return { bytes: packed.length, isFinished, changes };
  });
  const json = Buffer.from(JSON.stringify(head));
  const packed = exchange.segments.flatMap(({ readings }) => readings.map((reading) => reading.packed));
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

/** Reads what `encodeExchange` wrote.
 *  @throws {RulesError} RECORDING_UNUSABLE */
export function decodeExchange(bytes: Uint8Array): KeptExchange {
  const { head, length } = readHead(bytes);
  let at = 4 + length;
  const exchange = exchangeOf(head, ({ bytes: size, isFinished, changes }): KeptReading => {
    const packed = bytes.subarray(at, at + size);
    at += size;
    return { packed, isFinished, changes: changes as KeptReading['changes'] };
  });
  if (exchange === null) throw unusable('its head names what it does not hold');
  if (at !== bytes.length) throw unusable(`${at} bytes expected, ${bytes.length} found`);
  return exchange;
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
  const head: ParsedHead<z.infer<typeof headSchema>['segments'][number]['readings'][number]> = parsed.data;
  return { head, length };
}

function unusable(why: string, cause?: unknown): RulesError {
  return new RulesError('RECORDING_UNUSABLE', `a kept exchange cannot be read: ${why}`, { cause });
}
