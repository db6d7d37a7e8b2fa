import type { FileHandle } from 'node:fs/promises';
import {
  type ColumnChunk,
  type ColumnMetaData,
  type FileMetaData,
  parquetMetadata,
  type SchemaElement,
} from 'hyparquet';
import { CODECS } from './decompressors.ts';
import { readSlice } from './read-slice.ts';
import { checkThrift } from './thrift-bounds.ts';
import { messageOf, unreadable } from './unreadable.ts';

/** A column that is read, and the physical types that it may have. */
export interface InputColumn {
  readonly name: string;
  readonly types: readonly string[];
  /** What a file without it is. */
  readonly isMissing: string;
}

/** What a file's footer says of the columns that are read. */
export interface FileLayout {
  readonly metadata: FileMetaData;
  readonly groups: readonly GroupLayout[];
}

export interface GroupLayout {
  readonly rows: number;
  /** In the order that was asked for. */
  readonly chunks: readonly ChunkLayout[];
}

/** Where the cells of a column in one group lie, and what they are. */
export interface ChunkLayout {
  readonly name: string;
  readonly element: SchemaElement;
  readonly about: ColumnMetaData;
}

const MAGIC = 'PAR1';
/** Thousands of groups with all columns; parsed, a byte may take a hundred. */
const MAX_FOOTER_BYTES = 16 * 1024 * 1024;
const MAX_GROUP_ROWS = 4 * 1024 * 1024;

/** @throws {GatewayError} PARQUET_UNREADABLE */
export async function readFooter(
  file: FileHandle,
  path: string,
  columns: readonly InputColumn[],
): Promise<FileLayout> {
  const stat = await file.stat();
  if (!stat.isFile()) throw unreadable(path, 'is no file');
  const footer = await readFooterBytes(file, path, stat.size);
  const length = footer.length - 8;
  let metadata: FileMetaData;
  try {
    checkThrift(footer);
    metadata = parquetMetadata(footer, { geoparquet: false });
  } catch (cause) {
    throw unreadable(path, `its footer of ${length} bytes cannot be read: ${messageOf(cause)}`, cause);
  }
  const elements = elementsOf(metadata.schema, path, columns);
  const groups = metadata.row_groups.map((group, i): GroupLayout => {
    const rows = rowsOf(Number(group.num_rows), path, i);
    const chunks = elements.map((element) => chunkOf(group.columns, element, { path, group: i }));
    return { rows, chunks };
  });
  return { metadata, groups };
}

/** The footer, its length and the mark at the end. */
async function readFooterBytes(file: FileHandle, path: string, size: number): Promise<Uint8Array> {
  if (size < 12) throw unreadable(path, `is no Parquet file: it has ${size} bytes`);
  const begin = Buffer.from(await readSlice(file, 0, 4)).toString('latin1');
  if (begin !== MAGIC) throw unreadable(path, `is no Parquet file: it begins with ${JSON.stringify(begin)}`);
  const end = Buffer.from(await readSlice(file, size - 8, size));
  if (end.toString('latin1', 4) !== MAGIC) {
    throw unreadable(
      path,
      `ends at byte ${size} without a footer: it was cut off, or is not written to its end`,
    );
  }
  const length = end.readUInt32LE(0);
  if (length > size - 12 || length > MAX_FOOTER_BYTES) {
    throw unreadable(
      path,
      `its footer is said to have ${length} bytes, of a file of ${size}; ${MAX_FOOTER_BYTES} are the most`,
    );
  }
  return readSlice(file, size - 8 - length, size);
}

function elementsOf(
  schema: readonly SchemaElement[],
  path: string,
  columns: readonly InputColumn[],
): readonly SchemaElement[] {
  const top = topColumns(schema);
  return columns.map(({ name, types, isMissing }) => {
    const [element, twin] = top.filter((one) => one.name === name);
    if (element === undefined) throw unreadable(path, `has no column ${name}: ${isMissing}`);
    if (twin !== undefined) throw unreadable(path, `has two columns ${name}`);
    const { type, repetition_type, num_children } = element;
    if (type === undefined || num_children || repetition_type === 'REPEATED' || !types.includes(type)) {
      throw unreadable(path, `column ${name} is of type ${type ?? 'struct'}, not ${types.join(' or ')}`);
    }
    return element;
  });
}

/** The columns that stand side by side, without what is nested in one of them. */
function topColumns(schema: readonly SchemaElement[]): readonly SchemaElement[] {
  const found: SchemaElement[] = [];
  let nested = 0;
  for (const element of schema.slice(1)) {
    if (nested === 0) found.push(element);
    else nested -= 1;
    nested += Math.max(0, element.num_children ?? 0);
  }
  return found;
}

function rowsOf(rows: number, path: string, group: number): number {
  if (rows >= 0 && rows <= MAX_GROUP_ROWS) return rows;
  const remedy = 'write it with smaller ones (DuckDB: ROW_GROUP_SIZE 122880; pandas: row_group_size=100000)';
  throw unreadable(path, `row group ${group} has ${rows} rows, more than ${MAX_GROUP_ROWS}: ${remedy}`);
}

function chunkOf(
  chunks: readonly ColumnChunk[],
  element: SchemaElement,
  { path, group }: { readonly path: string; readonly group: number },
): ChunkLayout {
  const { name } = element;
  const chunk = chunks.find(({ meta_data }) => {
    const place = meta_data?.path_in_schema;
    return place?.length === 1 && place[0] === name;
  });
  const about = chunk?.meta_data;
  const where = `column ${name} of row group ${group}`;
  if (about === undefined || chunk?.file_path) throw unreadable(path, `${where} is not in this file`);
  if (!CODECS.includes(about.codec)) {
    const known = CODECS.join(', ');
    throw unreadable(path, `${where} is compressed with ${about.codec}; ${known} are read`);
  }
  return { name, element, about };
}
