import { zstdDecompressSync } from 'node:zlib';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';

/** A whole Parquet file, by another library than the one that writes it. */
export async function readParquet(path: string) {
  const file = await asyncBufferFromFile(path);
  const { row_groups, key_value_metadata } = await parquetMetadataAsync(file);
  const rows = await parquetReadObjects({
    file,
    compressors: { ZSTD: (bytes) => zstdDecompressSync(bytes) },
  });
  const about = Object.fromEntries((key_value_metadata ?? []).map(({ key, value }) => [key, value]));
  return { rows, groups: row_groups.map((group) => Number(group.num_rows)), about };
}
