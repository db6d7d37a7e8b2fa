import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkRuns } from '../../gateway/replay/parquet/run-bounds.ts';

test('a run may have no more values than there can be, but for what fills up the last', () => {
  const table: [bytes: readonly number[], width: number, count: number, why?: RegExp][] = [
    [[20, 1], 1, 10],
    [[22, 1], 1, 10, /a run of 11 values in 10/],
    [[5, 0xaa, 0x02], 1, 10],
    [[65, ...new Array(32).fill(0)], 1, 10],
    [[0x81, 0x10, 0], 1, 10, /a run of 8192 values in 10/],
    [[8, 1, 12, 0], 1, 10],
    [[8, 1, 14, 0], 1, 10, /a run of 7 values in 10/],
    [[0xfe, 0xff, 0xff, 0xff, 0x0f, 1], 1, 65_536, /a run of 2147483647 values in 65536/],
    [[0x80, 0x80, 0x80, 0x80, 0x80, 0x80], 1, 10, /a run whose length has no end/],
    [[2, 0], 33, 10, /values of 33 bits/],
    [[], 8, 10],
    [[20], 0, 10],
    // A packed run of none takes a byte, so what follows is a repeated one.
    [[1, 5, 0xfe, 0xff, 0xff, 0xff, 0x0f, 1], 1, 10, /a run of 2147483647 values in 10/],
  ];
  for (const [bytes, width, count, why] of table) {
    const check = () => checkRuns(Uint8Array.from(bytes), width, count);
    if (why === undefined) check();
    else assert.throws(check, why, `${bytes}`);
  }
});
