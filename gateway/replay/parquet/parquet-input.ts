import { type FileHandle, open } from 'node:fs/promises';
import { type AsyncBuffer, type ColumnMetaData, type FileMetaData, parquetRead } from 'hyparquet';
import { DECOMPRESSORS } from './decompressors.ts';
import { checkPages } from './page-bounds.ts';
import { type ChunkLayout, type FileLayout, type InputColumn, readFooter } from './parquet-footer.ts';
import { readSlice } from './read-slice.ts';
import { messageOf, unreadable } from './unreadable.ts';

/** A row group: for each column its cells, null or undefined where there is none. */
export interface InputGroup {
  /** Of the file, from 0. */
  readonly firstRow: number;
  readonly rows: number;
  readonly columns: readonly ArrayLike<unknown>[];
}

/** A Parquet file that somebody gave: nothing in it is trusted. One group of rows is in memory. */
export interface ParquetInput {
  readonly path: string;
  readonly rows: number;
  /** @throws {GatewayError} PARQUET_UNREADABLE, naming column and group */
  groups(): AsyncGenerator<InputGroup>;
  close(): Promise<void>;
}

/** Of one column in one group, packed. */
const MAX_CHUNK_BYTES = 256 * 1024 * 1024;

/** @throws {GatewayError} PARQUET_UNREADABLE, or as the file system says it */
export async function openParquetInput(path: string, columns: readonly InputColumn[]): Promise<ParquetInput> {
  const file = await open(path, 'r');
  try {
    const layout = await readFooter(file, path, columns);
    return {
      path,
      rows: layout.groups.reduce((sum, { rows }) => sum + rows, 0),
      groups: () => readGroups(file, path, layout),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function* readGroups(file: FileHandle, path: string, layout: FileLayout): AsyncGenerator<InputGroup> {
  let firstRow = 0;
  for (const [i, { rows, chunks }] of layout.groups.entries()) {
    const columns: ArrayLike<unknown>[] = [];
    for (const chunk of chunks) {
      try {
        columns.push(await readColumn(file, { chunk, rows, metadata: layout.metadata }));
      } catch (cause) {
        const where = `column ${chunk.name} of row group ${i}`;
        throw unreadable(path, `${where} cannot be read: ${messageOf(cause)}`, cause);
      }
    }
    if (rows > 0) yield { firstRow, rows, columns };
    firstRow += rows;
  }
}

interface ColumnParts {
  readonly chunk: ChunkLayout;
  readonly rows: number;
  readonly metadata: FileMetaData;
}

/** What hyparquet sees is a file of this column and group alone, and of it what was looked through. */
async function readColumn(file: FileHandle, parts: ColumnParts): Promise<ArrayLike<unknown>> {
  const { chunk, rows } = parts;
  const { start, bytes } = await readChunk(file, chunk.about);
  const mayBeNull = chunk.element.repetition_type !== 'REQUIRED';
  const length = checkPages({ bytes, rows, codec: chunk.about.codec, mayBeNull });
  const buffer: AsyncBuffer = {
    byteLength: start + length,
    slice: (from, to = start + length) => bytes.buffer.slice(from - start, to - start),
  };
  const pieces: ArrayLike<unknown>[] = [];
  await parquetRead({
    file: buffer,
    metadata: metadataOf(parts, length),
    compressors: DECOMPRESSORS,
    onChunk: ({ columnData }) => pieces.push(columnData),
  });
  return joined(pieces, rows);
}

async function readChunk(file: FileHandle, about: ColumnMetaData) {
  const start = Number(about.dictionary_page_offset || about.data_page_offset);
  const end = start + Number(about.total_compressed_size);
  const { size } = await file.stat();
  if (!(start >= 4 && end >= start && end <= size) || end - start > MAX_CHUNK_BYTES) {
    throw new RangeError(`it is said to lie at bytes ${start} to ${end}, of a file of ${size}`);
  }
  return { start, bytes: await readSlice(file, start, end) };
}

function metadataOf({ chunk, rows, metadata }: ColumnParts, length: number): FileMetaData {
  const { name, element, about } = chunk;
  // A chunk says its type again, and hyparquet reads it by that.
  const { type = about.type } = element;
  const meta_data = {
    ...about,
    type,
    path_in_schema: [name],
    total_compressed_size: BigInt(length),
  };
  const num_rows = BigInt(rows);
  return {
    ...metadata,
    schema: [{ name: 'root', num_children: 1 }, element],
    num_rows,
    row_groups: [{ columns: [{ file_offset: 0n, meta_data }], total_byte_size: 0n, num_rows }],
  };
}

/** A column comes page by page where it has several. */
function joined(pieces: readonly ArrayLike<unknown>[], rows: number): ArrayLike<unknown> {
  const [only] = pieces;
  const count = pieces.reduce((sum, { length }) => sum + length, 0);
  if (count !== rows) throw new RangeError(`${count} values in ${rows} rows`);
  if (only !== undefined && pieces.length === 1) return only;
  const all: unknown[] = [];
  for (const piece of pieces) for (let i = 0; i < piece.length; i++) all.push(piece[i]);
  return all;
}
