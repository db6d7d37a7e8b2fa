import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkPages } from '../../gateway/replay/parquet/page-bounds.ts';
import { checkThrift } from '../../gateway/replay/parquet/thrift-bounds.ts';

/** A Thrift struct in the compact protocol: fields by number, of numbers, flags and structs. */
interface Fields {
  readonly [id: number]: number | boolean | Fields;
}

function thrift(fields: Fields): number[] {
  let last = 0;
  const bytes = Object.entries(fields).flatMap(([id, value]) => {
    const head = (Number(id) - last) << 4;
    last = Number(id);
    if (typeof value === 'number') return [head | 5, ...varint(value)];
    return typeof value === 'boolean' ? [head | (value ? 1 : 2)] : [head | 12, ...thrift(value)];
  });
  return [...bytes, 0];
}

function varint(value: number): number[] {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  const bytes: number[] = [];
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest & 127) | 128);
  return [...bytes, rest];
}

const [DATA, WORDS, DATA_V2] = [0, 2, 3];
const [PLAIN, DICTIONARY] = [0, 8];

/** A page that is not packed. */
function page(type: number, parts: Fields, body: readonly number[]): number[] {
  return [...thrift({ 1: type, 2: body.length, 3: body.length, ...parts }), ...body];
}

/** Values of a page of the second format. */
function second(values: number, change: Fields = {}): Fields {
  return { 8: { 1: values, 2: 0, 3: values, 4: DICTIONARY, 5: 0, 6: 0, 7: false, ...change } };
}

const HUGE = 2_147_483_647;
/** A run of as many values as can be said, all the same. */
const RUN = [0xfe, 0xff, 0xff, 0xff, 0x0f, 1];
const FOUR = [8, 1];

function check(bytes: readonly number[], mayBeNull: boolean): number {
  return checkPages({ bytes: Uint8Array.from(bytes), rows: 4, codec: 'UNCOMPRESSED', mayBeNull });
}

test('a page may not lead hyparquet to values that nobody looked through', () => {
  const first = { 5: { 1: 4, 2: DICTIONARY, 3: 3, 4: 3 } };
  const table: [what: string, bytes: readonly number[], why: RegExp, mayBeNull?: boolean][] = [
    ['levels that end early', page(DATA, first, [0, 0, 0, 0, ...RUN]), /0 levels of 4 values/],
    ['levels of the second format that do', page(DATA_V2, second(4), RUN), /0 levels of 4 values/],
    [
      'levels of what has none',
      page(DATA_V2, second(4, { 5: 8 }), [1, ...RUN, 1, ...FOUR]),
      /levels of 8 and 0 bytes/,
      false,
    ],
    [
      'levels of lists',
      page(DATA_V2, second(4, { 5: 8, 6: -8 }), [1, ...RUN, 1]),
      /levels of 8 and -8 bytes/,
    ],
    ['fewer nulls than none', page(DATA_V2, second(4, { 2: -HUGE }), FOUR), /-2147483647 nulls in 4 values/],
    ['more nulls than values', page(DATA_V2, second(4, { 2: 5 }), FOUR), /5 nulls in 4 values/],
    [
      'the header of another type',
      page(DATA_V2, { ...first, ...second(HUGE) }, [...FOUR, 1, ...FOUR]),
      /a page of 2147483647 values in 4 rows/,
    ],
    [
      'too many words',
      page(WORDS, { ...first, 7: { 1: HUGE, 2: PLAIN } }, []),
      /a page of 2147483647 values/,
    ],
    ['no header of its type', page(DATA, second(4), FOUR), /a page of type DATA_PAGE that says nothing/],
    ['a run behind a run of none', page(DATA, first, [1, 1, 5, ...RUN]), /a run of 2147483647/, false],
    ['lists in the header', [0x19, 0xf9, 0x80, 0x80, 0x80, 0x08], /a list of 16777216 values where 0 bytes/],
  ];
  for (const [what, bytes, why, mayBeNull = true] of table) {
    assert.throws(() => check(bytes, mayBeNull), why, what);
  }
});

test('what stands behind the pages that have all rows is not among the bytes that are read', () => {
  const own = page(DATA, { 5: { 1: 4, 2: DICTIONARY, 3: 3, 4: 3 } }, [2, 0, 0, 0, ...FOUR, 1, ...FOUR]);
  const other = page(DATA, { 5: { 1: HUGE, 2: DICTIONARY, 3: 3, 4: 3 } }, [1, ...RUN]);
  assert.equal(check([...own, ...other], true), own.length);
});

test('a structure may not claim more than it has, nor nest without end', () => {
  const table: [bytes: readonly number[], why?: RegExp][] = [
    [thrift({ 1: -5, 2: { 1: true, 3: 70_000 }, 40: false })],
    [[0x18, 2, 65, 66, 0x19, 0x28, 1, 67, 0, 0x17, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
    [[0x18, 4, 65, 66, 0], /a value of 4 bytes where 3 are left/],
    [[0x19, 0x95, 1, 2, 3], /a list of 9 values where 3 bytes are left/],
    [[0x15, 0x80], /a structure does not end in its 2 bytes/],
    [[0x15, 0xff, 0xff, 0xff, 0xff, 0xff, 0], /a number of more than 5 bytes/],
    [new Array(40).fill(0x1c), /structures 17 deep/],
    [[0x19, ...new Array(40).fill(0x19)], /lists 17 deep/],
    [[0x1b, 0], /a value of type 11/],
  ];
  for (const [bytes, why] of table) {
    const walk = () => checkThrift(Uint8Array.from(bytes));
    if (why === undefined) walk();
    else assert.throws(walk, why, `${bytes}`);
  }
});
