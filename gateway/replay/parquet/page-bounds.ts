import type { CompressionCodec } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import type { PageHeader } from 'hyparquet/src/types.js';
import { DECOMPRESSORS } from './decompressors.ts';
import { checkRuns } from './run-bounds.ts';

/** A column chunk as its bytes came. */
export interface ChunkToCheck {
  readonly bytes: ArrayBuffer;
  /** Of the group. */
  readonly rows: number;
  readonly codec: CompressionCodec;
  readonly mayBeNull: boolean;
}

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
 *  @throws {RangeError} naming the claim */
export function checkPages(chunk: ChunkToCheck): void {
  const { bytes, rows } = chunk;
  const reader = { view: new DataView(bytes), offset: 0 };
  let values = 0;
  while (values < rows && reader.offset < bytes.byteLength) {
    const header = parquetHeader(reader);
    const { compressed_page_size: packed, uncompressed_page_size: unpacked } = header;
    if (!(packed >= 0) || reader.offset + packed > bytes.byteLength) {
      throw new RangeError(`a page of ${packed} bytes where ${bytes.byteLength} are left`);
    }
    if (!(unpacked >= 0) || unpacked > MAX_PAGE_BYTES) {
      throw new RangeError(`a page of ${unpacked} bytes, more than ${MAX_PAGE_BYTES}`);
    }
    const count = valuesIn(header);
    if (!(count >= 0) || count > rows) throw new RangeError(`a page of ${count} values in ${rows} rows`);
    if (header.type !== 'DICTIONARY_PAGE') {
      values += count;
      checkRunsIn(header, new Uint8Array(bytes, reader.offset, packed), chunk);
    }
    reader.offset += packed;
  }
  if (values !== rows) throw new RangeError(`${values} values in ${rows} rows`);
}

function valuesIn({
  data_page_header: first,
  data_page_header_v2: second,
  dictionary_page_header: words,
}: PageHeader): number {
  return first?.num_values ?? second?.num_values ?? words?.num_values ?? 0;
}

/** What says which values are null, and which of the dictionary they are, is written in runs. */
function checkRunsIn(
  { uncompressed_page_size: size, data_page_header: first, data_page_header_v2: second }: PageHeader,
  body: Uint8Array,
  { codec, mayBeNull }: ChunkToCheck,
): void {
  const { encoding, num_values: count = 0 } = first ?? second ?? {};
  if (!ENCODINGS.includes(encoding)) throw new RangeError(`a page is encoded as ${encoding}`);
  const levels = second?.definition_levels_byte_length ?? 0;
  const before = levels + (second?.repetition_levels_byte_length ?? 0);
  if (before < 0 || levels < 0 || before > body.length) throw new RangeError(`levels of ${before} bytes`);
  const unpack = second?.is_compressed === false ? undefined : DECOMPRESSORS[codec];
  const packed = body.subarray(before);
  const page = unpack === undefined ? packed : unpack(packed, size - before);
  let at = 0;
  if (second !== undefined && mayBeNull) checkRuns(body.subarray(before - levels, before), 1, count);
  if (second === undefined && mayBeNull) {
    const length = new DataView(page.buffer, page.byteOffset, page.byteLength).getUint32(0, true);
    at = 4 + length;
    checkRuns(page.subarray(4, at), 1, count);
  }
  if (encoding?.endsWith('_DICTIONARY') === true) checkRuns(page.subarray(at + 1), page[at] ?? 0, count);
}
