import { type Bytes, type ByteWriter, lengthOf, varintSize } from './byte-writer.ts';
import { crc32c } from './crc32c.ts';

/** A message as kafkajs hands it on. */
export interface SentMessage {
  readonly key?: Bytes | undefined;
  readonly value: Bytes;
  /** Milliseconds since 1970, as a decimal; now where it is left out. */
  readonly timestamp?: string | undefined;
  readonly headers?: Readonly<Record<string, HeaderValue | readonly HeaderValue[] | undefined>> | undefined;
}

type HeaderValue = string | Buffer;

/** Who writes, so that the broker can tell what it has already. */
export interface SentBy {
  readonly producerId: number | string;
  readonly producerEpoch: number;
  readonly firstSequence: number;
}

/** Records whose sizes are known. */
export interface PreparedBatch {
  /** Bytes of the whole batch. */
  readonly size: number;
  write(writer: ByteWriter): void;
}

/** Offset, length, epoch of the leader, magic byte and checksum; then what the checksum is of, up to the records. */
const FRAME_SIZE = 8 + 4 + 4 + 1 + 4;
const BODY_HEAD_SIZE = 2 + 4 + 8 + 8 + 8 + 2 + 4 + 4;

const MAGIC = 2;

/** One batch of uncompressed records, version 2 of the format.
 *  @see https://kafka.apache.org/documentation/#recordbatch */
export function prepareBatch(messages: readonly SentMessage[], by: SentBy, now: number): PreparedBatch {
  const { first, max } = timesOf(messages, now);
  const records = messages.map((message, index) =>
    prepareRecord(message, index, (at(message) ?? now) - Number(first)),
  );
  const bodySize = records.reduce((sum, { size }) => sum + varintSize(size) + size, BODY_HEAD_SIZE);
  const write = (writer: ByteWriter): void => {
    writer.int64(0);
    writer.int32(bodySize + FRAME_SIZE - 12);
    writer.int32(0);
    writer.int8(MAGIC);
    const checksumAt = writer.offset();
    writer.int32(0);
    const bodyAt = writer.offset();
    writer.int16(0);
    writer.int32(records.length - 1);
    writer.int64(first);
    writer.int64(max);
    writer.int64(by.producerId);
    writer.int16(by.producerEpoch);
    writer.int32(by.firstSequence);
    writer.int32(records.length);
    for (const record of records) writeRecord(writer, record);
    writer.buffer.writeUInt32BE(crc32c(writer.buffer, bodyAt, writer.offset()), checksumAt);
  };
  return { size: FRAME_SIZE + bodySize, write };
}

/** The times that a batch says, chosen as kafkajs does: the first and the last as texts are ordered. */
function timesOf(messages: readonly SentMessage[], now: number) {
  const times = messages.flatMap(({ timestamp }) => timestamp ?? []).sort();
  return { first: times[0] ?? now, max: times.at(-1) ?? now };
}

function at({ timestamp }: SentMessage): number | undefined {
  return timestamp === undefined || timestamp === '' ? undefined : Number(timestamp);
}

type SizedHeader = readonly [name: string, nameLength: number, value: HeaderValue, valueLength: number];

interface PreparedRecord {
  readonly message: SentMessage;
  /** Of its body: without the length before it. */
  readonly size: number;
  readonly index: number;
  readonly timeDelta: number;
  readonly keyLength: number;
  readonly valueLength: number;
  readonly headers: readonly SizedHeader[];
}

function prepareRecord(message: SentMessage, index: number, timeDelta: number): PreparedRecord {
  const headers: SizedHeader[] = [];
  for (const [name, given] of Object.entries(message.headers ?? {})) {
    const values = Array.isArray(given) ? given : [given];
    for (const value of values) headers.push([name, lengthOf(name), value, lengthOf(value)]);
  }
  const keyLength = lengthOf(message.key ?? null);
  const valueLength = lengthOf(message.value);
  let size = 1 + varintSize(timeDelta) + varintSize(index) + varintSize(headers.length);
  size += sizeWith(keyLength) + sizeWith(valueLength);
  for (const [, nameLength, , length] of headers) size += sizeWith(nameLength) + sizeWith(length);
  return { message, size, index, timeDelta, keyLength, valueLength, headers };
}

/** Of bytes with their length before them. */
function sizeWith(length: number): number {
  return varintSize(length) + Math.max(0, length);
}

function writeRecord(writer: ByteWriter, record: PreparedRecord): void {
  const { message, size, index, timeDelta, headers } = record;
  writer.varint(size);
  writer.int8(0);
  writer.varint(timeDelta);
  writer.varint(index);
  writer.bytes(message.key ?? null, record.keyLength);
  writer.bytes(message.value, record.valueLength);
  writer.varint(headers.length);
  for (const [name, nameLength, value, length] of headers) {
    writer.bytes(name, nameLength);
    writer.bytes(value, length);
  }
}
