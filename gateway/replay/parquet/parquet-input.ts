import { type FileHandle, open } from 'node:fs/promises';
import {
  type AsyncBuffer,
  type ColumnChunk,
  type FileMetaData,
  parquetMetadata,
  parquetRead,
  type SchemaElement,
} from 'hyparquet';
import { CODECS, DECOMPRESSORS } from './decompressors.ts';
import { checkPages } from './page-bounds.ts';
import { unreadable } from './unreadable.ts';

/** A column that is read, and the physical types that it may have. */
export interface InputColumn {
  readonly name: string;
  readonly types: readonly string[];
  /** What a file without it is. */
  readonly isMissing: string;
}

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

const MAGIC = 'PAR1';
const MAX_FOOTER_BYTES = 64 * 1024 * 1024;
const MAX_GROUP_ROWS = 4 * 1024 * 1024;
/** Of one column in one group, packed. */
const MAX_CHUNK_BYTES = 256 * 1024 * 1024;

/** @throws {GatewayError} PARQUET_UNREADABLE, or as the file system says it */
export async function openParquetInput(path: string, columns: readonly InputColumn[]): Promise<ParquetInput> {
  const file = await open(path, 'r');
  try {
    const metadata = await readFooter(file, path);
    checkColumns(metadata, path, columns);
    const groups = metadata.row_groups.map(({ num_rows }) => Number(num_rows));
    for (const [i, rows] of groups.entries()) checkRows(path, i, rows);
    return {
      path,
      rows: groups.reduce((sum, rows) => sum + rows, 0),
      groups: () => readGroups(file, { path, metadata, columns }),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function readFooter(file: FileHandle, path: string): Promise<FileMetaData> {
  const stat = await file.stat();
  if (!stat.isFile()) throw unreadable(path, 'is no file');
  const { size } = stat;
  if (size < 12) throw unreadable(path, `is no Parquet file: it has ${size} bytes`);
  const begin = Buffer.from(await slice(file, 0, 4)).toString('latin1');
  if (begin !== MAGIC) throw unreadable(path, `is no Parquet file: it begins with ${JSON.stringify(begin)}`);
  const end = Buffer.from(await slice(file, size - 8, size));
  if (end.toString('latin1', 4) !== MAGIC) {
    throw unreadable(
      path,
      `ends at byte ${size} without a footer: it was cut off, or is not written to its end`,
    );
  }
  const length = end.readUInt32LE(0);
  if (length > size - 12 || length > MAX_FOOTER_BYTES) {
    throw unreadable(path, `its footer is said to have ${length} bytes, of a file of ${size}`);
  }
  try {
    return parquetMetadata(await slice(file, size - 8 - length, size), { geoparquet: false });
  } catch (cause) {
    throw unreadable(path, `its footer of ${length} bytes cannot be read: ${messageOf(cause)}`, cause);
  }
}

function checkColumns(
  { schema, row_groups }: FileMetaData,
  path: string,
  columns: readonly InputColumn[],
): void {
  const top = topColumns(schema);
  for (const { name, types, isMissing } of columns) {
    const element = top.get(name);
    if (element === undefined) throw unreadable(path, `has no column ${name}: ${isMissing}`);
    const { type, repetition_type, num_children } = element;
    if (type === undefined || num_children || repetition_type === 'REPEATED' || !types.includes(type)) {
      throw unreadable(path, `column ${name} is of type ${type ?? 'struct'}, not ${types.join(' or ')}`);
    }
  }
  for (const [i, group] of row_groups.entries()) {
    for (const { name } of columns) {
      const codec = chunkOf(group.columns, name)?.meta_data?.codec;
      if (codec === undefined || !CODECS.includes(codec)) {
        const known = CODECS.join(', ');
        throw unreadable(
          path,
          `column ${name} of row group ${i} is compressed with ${codec}; ${known} are read`,
        );
      }
    }
  }
}

/** The columns that stand side by side, without what is nested in one of them. */
function topColumns(schema: readonly SchemaElement[]): ReadonlyMap<string, SchemaElement> {
  const found = new Map<string, SchemaElement>();
  let at = 1;
  const skip = (): void => {
    const children = schema[at]?.num_children ?? 0;
    at += 1;
    for (let child = 0; child < children && at < schema.length; child++) skip();
  };
  while (at < schema.length) {
    const element = schema[at];
    if (element !== undefined) found.set(element.name, element);
    skip();
  }
  return found;
}

function checkRows(path: string, group: number, rows: number): void {
  if (rows >= 0 && rows <= MAX_GROUP_ROWS) return;
  const remedy = 'write it with smaller ones (DuckDB: ROW_GROUP_SIZE 122880; pandas: row_group_size=100000)';
  throw unreadable(path, `row group ${group} has ${rows} rows, more than ${MAX_GROUP_ROWS}: ${remedy}`);
}

interface GroupParts {
  readonly path: string;
  readonly metadata: FileMetaData;
  readonly columns: readonly InputColumn[];
}

async function* readGroups(file: FileHandle, parts: GroupParts): AsyncGenerator<InputGroup> {
  let firstRow = 0;
  for (const [i, { num_rows }] of parts.metadata.row_groups.entries()) {
    const rows = Number(num_rows);
    const columns: ArrayLike<unknown>[] = [];
    for (const { name } of parts.columns) {
      columns.push(await readColumn(file, { ...parts, name, group: i, firstRow, rows }));
    }
    if (rows > 0) yield { firstRow, rows, columns };
    firstRow += rows;
  }
}

interface ColumnParts extends GroupParts {
  readonly name: string;
  readonly group: number;
  readonly firstRow: number;
  readonly rows: number;
}

async function readColumn(file: FileHandle, parts: ColumnParts): Promise<ArrayLike<unknown>> {
  const { path, metadata, name, group, firstRow, rows } = parts;
  try {
    const chunk = await readChunk(file, chunkOf(metadata.row_groups[group]?.columns ?? [], name));
    const mayBeNull = topColumns(metadata.schema).get(name)?.repetition_type !== 'REQUIRED';
    checkPages({ bytes: chunk.bytes, rows, codec: chunk.codec, mayBeNull });
    const pieces: { readonly columnData: ArrayLike<unknown>; readonly rowStart: number }[] = [];
    await parquetRead({
      file: chunk.buffer,
      metadata,
      columns: [name],
      rowStart: firstRow,
      rowEnd: firstRow + rows,
      compressors: DECOMPRESSORS,
      onChunk: (piece) => pieces.push(piece),
    });
    return joined(pieces, rows);
  } catch (cause) {
    throw unreadable(path, `column ${name} of row group ${group} cannot be read: ${messageOf(cause)}`, cause);
  }
}

/** The bytes of a column chunk, and a file that holds nothing else. */
async function readChunk(file: FileHandle, chunk: ColumnChunk | undefined) {
  const about = chunk?.meta_data;
  if (about === undefined || chunk?.file_path) throw new RangeError('it is not in this file');
  const start = Number(about.dictionary_page_offset || about.data_page_offset);
  const end = start + Number(about.total_compressed_size);
  const { size } = await file.stat();
  if (!(start >= 4 && end >= start && end <= size) || end - start > MAX_CHUNK_BYTES) {
    throw new RangeError(`it is said to lie at bytes ${start} to ${end}, of a file of ${size}`);
  }
  const bytes = await slice(file, start, end);
  const buffer: AsyncBuffer = {
    byteLength: size,
    slice: (from, to = end) => bytes.slice(from - start, to - start),
  };
  return { bytes, buffer, codec: about.codec };
}

async function slice(file: FileHandle, start: number, end: number): Promise<ArrayBuffer> {
  const bytes = new Uint8Array(end - start);
  let at = 0;
  while (at < bytes.length) {
    const { bytesRead } = await file.read(bytes, at, bytes.length - at, start + at);
    if (bytesRead === 0) throw new RangeError(`the file ends at byte ${start + at}`);
    at += bytesRead;
  }
  return bytes.buffer;
}

/** A column comes page by page where it has several. */
function joined(
  pieces: readonly { readonly columnData: ArrayLike<unknown>; readonly rowStart: number }[],
  rows: number,
): ArrayLike<unknown> {
  const [only] = pieces;
  const count = pieces.reduce((sum, { columnData }) => sum + columnData.length, 0);
  if (count !== rows) throw new RangeError(`${count} values in ${rows} rows`);
  if (only !== undefined && pieces.length === 1) return only.columnData;
  const all: unknown[] = [];
  for (const { columnData } of pieces) for (let i = 0; i < columnData.length; i++) all.push(columnData[i]);
  return all;
}

function chunkOf(chunks: readonly ColumnChunk[], name: string): ColumnChunk | undefined {
  return chunks.find(({ meta_data }) => {
    const path = meta_data?.path_in_schema;
    return path?.length === 1 && path[0] === name;
  });
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
