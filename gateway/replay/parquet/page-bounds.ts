import type { CompressionCodec } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import type { DataPageHeader, DataPageHeaderV2, PageHeader } from 'hyparquet/src/types.js';
import { DECOMPRESSORS } from './decompressors.ts';
import { checkRuns } from './run-bounds.ts';
import { checkThrift } from './thrift-bounds.ts';

/** A column chunk as its bytes came. */
export interface ChunkToCheck {
  readonly bytes: Uint8Array;
  /** Of the group. */
  readonly rows: number;
  readonly codec: CompressionCodec;
  readonly mayBeNull: boolean;
}

/** Writers' headers have some dozen bytes, and those of a few texts where they hold statistics. */
const MAX_HEADER_BYTES = 1024 * 1024;
/** The most bytes of one page, unpacked; writers make pages of about a megabyte. */
const MAX_PAGE_BYTES = 64 * 1024 * 1024;
/** Those of which a value takes no more memory than it has bytes, but for dictionaries, whose values are shared. */
const ENCODINGS: readonly (string | undefined)[] = [
  'PLAIN',
  'PLAIN_DICTIONARY',
  'RLE_DICTIONARY',
  'BYTE_STREAM_SPLIT',
  'DELTA_BINARY_PACKED',
  'DELTA_LENGTH_BYTE_ARRAY',
];

/** Looks through the pages of a column chunk before they are decoded, so that what they claim to hold asks for no more
 *  memory than the group has rows.
 *  @returns how many bytes they have: what comes behind them was not looked at
 *  @throws {RangeError} naming the claim */
export function checkPages(chunk: ChunkToCheck): number {
  const { bytes, rows } = chunk;
  let values = 0;
  let at = 0;
  while (values < rows && at < bytes.length) {
    const { header, length } = readHeader(bytes.subarray(at, at + MAX_HEADER_BYTES));
    const begin = at + length;
    at = begin + checkSizes(header, bytes.length - begin);
    const count = valuesIn(header);
    if (!(count >= 0) || count > rows) throw new RangeError(`a page of ${count} values in ${rows} rows`);
    if (header.type !== 'DICTIONARY_PAGE') {
      values += count;
      checkValues(header, bytes.subarray(begin, at), chunk);
    }
  }
  if (values !== rows) throw new RangeError(`${values} values in ${rows} rows`);
  return at;
}

function readHeader(bytes: Uint8Array): { readonly header: PageHeader; readonly length: number } {
  checkThrift(bytes);
  const reader = { view: viewOf(bytes), offset: 0 };
  const header = parquetHeader(reader);
  return { header, length: reader.offset };
}

/** @returns the bytes of the page */
function checkSizes(header: PageHeader, left: number): number {
  const { compressed_page_size: packed, uncompressed_page_size: unpacked } = header;
  if (!(packed >= 0) || packed > left)
    throw new RangeError(`a page of ${packed} bytes where ${left} are left`);
  if (!(unpacked >= 0) || unpacked > MAX_PAGE_BYTES) {
    throw new RangeError(`a page of ${unpacked} bytes, more than ${MAX_PAGE_BYTES}`);
  }
  return packed;
}

/** A header may have parts of several types; the page is read by that of its own. */
function valuesIn(header: PageHeader): number {
  const { type, data_page_header, data_page_header_v2, dictionary_page_header } = header;
  const known: Partial<Record<typeof type, { readonly num_values: number } | undefined>> = {
    DATA_PAGE: data_page_header,
    DATA_PAGE_V2: data_page_header_v2,
    DICTIONARY_PAGE: dictionary_page_header,
  };
  const own = known[type];
  if (own === undefined) throw new RangeError(`a page of type ${type} that says nothing of its values`);
  return own.num_values;
}

function checkValues(header: PageHeader, body: Uint8Array, chunk: ChunkToCheck): void {
  const { type, uncompressed_page_size: size, data_page_header: first, data_page_header_v2: second } = header;
  if (type === 'DATA_PAGE' && first) checkFirst(first, unpacked(body, size, chunk.codec), chunk.mayBeNull);
  if (type === 'DATA_PAGE_V2' && second) checkSecond(second, { body, size, chunk });
}

/** A page of the first format: all of it is packed, its levels too. */
function checkFirst(header: DataPageHeader, page: Uint8Array, mayBeNull: boolean): void {
  let at = 0;
  if (mayBeNull) {
    at = 4 + viewOf(page).getUint32(0, true);
    checkLevels(page.subarray(4, at), header.num_values);
  }
  checkEncoded(header, page.subarray(at));
}

interface SecondPage {
  readonly body: Uint8Array;
  readonly size: number;
  readonly chunk: ChunkToCheck;
}

/** A page of the second format: its levels stand before what is packed. */
function checkSecond(header: DataPageHeaderV2, { body, size, chunk }: SecondPage): void {
  const { num_values: count, num_nulls: nulls } = header;
  const { definition_levels_byte_length: levels, repetition_levels_byte_length: lists } = header;
  if (!(nulls >= 0) || nulls > count) throw new RangeError(`${nulls} nulls in ${count} values`);
  const most = chunk.mayBeNull ? body.length : 0;
  if (lists !== 0 || !(levels >= 0) || levels > most) {
    throw new RangeError(`levels of ${levels} and ${lists} bytes in a page of ${body.length}`);
  }
  if (chunk.mayBeNull) checkLevels(body.subarray(0, levels), count);
  const packed = body.subarray(levels);
  const isPacked = header.is_compressed !== false;
  checkEncoded(header, isPacked ? unpacked(packed, size - levels, chunk.codec) : packed);
}

function unpacked(bytes: Uint8Array, size: number, codec: CompressionCodec): Uint8Array {
  return DECOMPRESSORS[codec]?.(bytes, size) ?? bytes;
}

/** What says which values are null. Of levels that end early hyparquet would read on in the values. */
function checkLevels(bytes: Uint8Array, count: number): void {
  const levels = checkRuns(bytes, 1, count);
  if (levels < count) throw new RangeError(`${levels} levels of ${count} values`);
}

/** What says which of the dictionary the values are is written in runs. */
function checkEncoded(
  { encoding, num_values: count }: Pick<DataPageHeader, 'encoding' | 'num_values'>,
  bytes: Uint8Array,
): void {
  if (!ENCODINGS.includes(encoding)) throw new RangeError(`a page is encoded as ${encoding}`);
  if (encoding.endsWith('_DICTIONARY')) checkRuns(bytes.subarray(1), bytes[0] ?? 0, count);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
