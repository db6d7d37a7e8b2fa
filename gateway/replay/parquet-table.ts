import { rmSync, statSync, writeFileSync } from 'node:fs';
import { zstdCompressSync } from 'node:zlib';
import { type ColumnSource, fileWriter, ParquetWriter, type SchemaElement } from 'hyparquet-writer';

/** One column of a table. */
export interface TableColumn {
  readonly name: string;
  readonly type: 'text' | 'whole' | 'real' | 'time' | 'flag';
  /** Whether a value may be null. */
  readonly isOptional?: boolean;
  readonly meaning: string;
}

/** What a cell may hold: of `time` a `Date`, of `whole` an integer below 2^31. */
export type Cell = string | number | boolean | Date | null;

/** A Parquet file that grows by groups of rows: no more than one group is in memory. */
export interface ParquetTable {
  /** @param cells - one for each column, in their order */
  add(cells: readonly Cell[]): void;
  /** Writes what is left and the footer.
   *  @returns rows and bytes */
  finish(): { readonly rows: number; readonly bytes: number };
  /** Takes away what was written. */
  abandon(): void;
}

export interface TableParts {
  /** A file that is there is written over. For its owner alone, as the store is. */
  readonly path: string;
  readonly columns: readonly TableColumn[];
  readonly about: Readonly<Record<string, string>>;
  readonly createdBy: string;
}

const ROWS_IN_GROUP = 65_536;

const TYPES = {
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  whole: { type: 'INT32' },
  real: { type: 'FLOAT' },
  time: { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' },
  flag: { type: 'BOOLEAN' },
} as const;

/** @throws {Error} as the file system says it */
export function createParquetTable({ path, columns, about, createdBy }: TableParts): ParquetTable {
  writeFileSync(path, '', { mode: 0o600 });
  const writer = new ParquetWriter({
    writer: fileWriter(path),
    schema: schemaOf(columns),
    codec: 'ZSTD',
    compressors: { ZSTD: (bytes) => zstdCompressSync(bytes) },
    kvMetadata: Object.entries(about).map(([key, value]) => ({ key, value })),
    createdBy,
  });
  let group: Cell[][] = columns.map(() => []);
  let inGroup = 0;
  let rows = 0;

  function flush(): void {
    if (inGroup === 0) return;
    const columnData = columns.map(
      ({ name, type }, i): ColumnSource => ({
        name,
        data: group[i] ?? [],
        ...(type === 'real' && { encoding: 'BYTE_STREAM_SPLIT' as const }),
      }),
    );
    writer.write({ columnData, rowGroupSize: inGroup });
    rows += inGroup;
    inGroup = 0;
    group = columns.map(() => []);
  }

  return {
    add(cells) {
      for (let i = 0; i < cells.length; i++) group[i]?.push(cells[i] ?? null);
      inGroup += 1;
      if (inGroup === ROWS_IN_GROUP) flush();
    },
    finish() {
      flush();
      writer.finish();
      return { rows, bytes: statSync(path).size };
    },
    abandon: () => rmSync(path, { force: true }),
  };
}

function schemaOf(columns: readonly TableColumn[]): SchemaElement[] {
  return [
    { name: 'root', num_children: columns.length },
    ...columns.map(
      ({ name, type, isOptional }): SchemaElement => ({
        name,
        ...TYPES[type],
        repetition_type: isOptional === true ? 'OPTIONAL' : 'REQUIRED',
      }),
    ),
  ];
}
