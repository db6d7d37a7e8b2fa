import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type Cell, createParquetTable, type TableColumn } from '../../gateway/replay/parquet-table.ts';
import { readParquet } from './read-parquet.ts';

const folder = mkdtempSync(join(tmpdir(), 'telltale-parquet-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const COLUMNS: readonly TableColumn[] = [
  { name: 'name', type: 'text', meaning: 'of a row' },
  { name: 'note', type: 'text', isOptional: true, meaning: 'of some rows' },
  { name: 'count', type: 'whole', isOptional: true, meaning: 'of some rows' },
  { name: 'value', type: 'real', meaning: 'of a row' },
  { name: 'at', type: 'time', meaning: 'of a row' },
  { name: 'is_even', type: 'flag', meaning: 'of a row' },
];

const tableAt = (path: string) =>
  createParquetTable({ path, columns: COLUMNS, about: { what: 'rows' }, createdBy: 'a test' });

const rowOf = (i: number): Cell[] => [
  `row ${i % 1000}`,
  i % 7 === 0 ? null : `ünïcode ${i}`,
  i % 5 === 0 ? null : i,
  Math.fround(i / 3),
  new Date(Date.UTC(2026, 10, 27) + i),
  i % 2 === 0,
];

test('rows come back as they were, in groups of which none is larger than 65,536', async () => {
  const path = join(folder, 'rows.parquet');
  const table = tableAt(path);
  const count = 131_073;
  for (let i = 0; i < count; i++) table.add(rowOf(i));
  const { rows, bytes } = table.finish();
  assert.deepEqual([rows, bytes], [count, statSync(path).size]);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const read = await readParquet(path);
  assert.deepEqual(read.groups, [65_536, 65_536, 1]);
  assert.deepEqual(read.about, { what: 'rows' });
  assert.equal(read.rows.length, count);
  const names = COLUMNS.map(({ name }) => name);
  for (const [i, row] of read.rows.entries()) {
    // Every row is looked at; a deep comparison of each would take long.
    const wanted = rowOf(i);
    const wrong = names.find((name, column) => String(row[name]) !== String(wanted[column]));
    assert.equal(wrong, undefined, `row ${i}`);
  }
  const last = read.rows.at(-1);
  assert.deepEqual(
    names.map((name) => last?.[name]),
    rowOf(count - 1),
    'of the same types',
  );
});

test('a table without rows is a file that can be read', async () => {
  const path = join(folder, 'none.parquet');
  assert.equal(tableAt(path).finish().rows, 0);
  const { rows, groups } = await readParquet(path);
  assert.deepEqual([rows, groups], [[], []]);
});

test('what is given up leaves no file', () => {
  const path = join(folder, 'gone.parquet');
  const table = tableAt(path);
  table.add(rowOf(1));
  table.abandon();
  assert.equal(existsSync(path), false);
});
