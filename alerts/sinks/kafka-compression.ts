import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import kafkajs, { CompressionTypes } from 'kafkajs';

/** How the records of a request are compressed. Node has these two; snappy and lz4 would need a package of their own. */
export type KafkaCompression = 'none' | 'gzip' | 'zstd';

const TYPES: Readonly<Record<KafkaCompression, CompressionTypes>> = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  zstd: CompressionTypes.ZSTD,
};

/** kafkajs' number of a compression. kafkajs names zstd and cannot do it: it is given Node's. */
export function compressionType(compression: KafkaCompression): CompressionTypes {
  if (compression === 'zstd') kafkajs.CompressionCodecs[CompressionTypes.ZSTD] = () => ZSTD;
  return TYPES[compression];
}

const ZSTD = {
  compress: ({ buffer }: { readonly buffer: Buffer }) => promisify(zstdCompress)(buffer),
  decompress: (buffer: Buffer) => promisify(zstdDecompress)(buffer),
};
