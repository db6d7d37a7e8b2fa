import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { type CompressionCodec, snappyUncompress } from 'hyparquet';

/** The codecs that are read. LZ4 and LZO are none of Node's. */
export const CODECS: readonly CompressionCodec[] = ['ZSTD', 'SNAPPY', 'GZIP', 'BROTLI', 'UNCOMPRESSED'];

/** What unpacks a page: no more than its header said. */
export const DECOMPRESSORS: Readonly<
  Partial<Record<CompressionCodec, (bytes: Uint8Array, length: number) => Uint8Array>>
> = {
  ZSTD: (bytes, length) => zstdDecompressSync(bytes, { maxOutputLength: Math.max(length, 1) }),
  GZIP: (bytes, length) => gunzipSync(bytes, { maxOutputLength: Math.max(length, 1) }),
  BROTLI: (bytes, length) => brotliDecompressSync(bytes, { maxOutputLength: Math.max(length, 1) }),
  SNAPPY: (bytes, length) => {
    const page = new Uint8Array(length);
    snappyUncompress(bytes, page);
    return page;
  },
};
