import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  brotliCompressSync,
  constants,
  createGzip,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib';
import fc from 'fast-check';
import { createBodyDecoder } from '../../gateway/reading/decode-body.ts';
import { parseJson } from '../../gateway/reading/parse-json.ts';
import { cutAt } from './readings.ts';

const roomy = { maxDecodedBytes: 1e6, maxRatio: 1e6 };
const encoders = { gzip: gzipSync, br: brotliCompressSync, zstd: zstdCompressSync } as const;

async function decode(encoding: string, pieces: readonly Buffer[], limits = roomy) {
  const decoder = createBodyDecoder(encoding, limits);
  const parts: Buffer[] = [];
  for (const piece of pieces) parts.push(await decoder.push(piece));
  parts.push(await decoder.end());
  decoder.close();
  return { bytes: Buffer.concat(parts), failure: decoder.failure() };
}

test('an encoded body cut anywhere decodes to the whole', async () => {
  const body = fc.tuple(
    fc.constantFrom('gzip', 'br', 'zstd'),
    fc.uint8Array({ maxLength: 300 }),
    fc.array(fc.nat(400), { maxLength: 6 }),
  );
  await fc.assert(
    fc.asyncProperty(body, async ([encoding, plain, cuts]) => {
      const encoded = encoders[encoding as keyof typeof encoders](plain);
      const { bytes, failure } = await decode(encoding, cutAt(encoded, cuts));
      assert.equal(failure, null);
      assert.deepEqual(bytes, Buffer.from(plain));
    }),
    { numRuns: 60 },
  );
});

test('what is encoded anew within a body, cut anywhere, is read to its end', async () => {
  const encodings = { ...encoders, deflate: deflateSync };
  const body = fc.tuple(
    fc.constantFrom<(keyof typeof encodings)[]>('gzip', 'br', 'zstd', 'deflate'),
    fc.array(fc.uint8Array({ minLength: 1, maxLength: 100 }), { minLength: 2, maxLength: 4 }),
    fc.array(fc.nat(400), { maxLength: 6 }),
  );
  await fc.assert(
    fc.asyncProperty(body, async ([encoding, plains, cuts]) => {
      const encoded = Buffer.concat(plains.map((plain) => encodings[encoding](plain)));
      const { bytes, failure } = await decode(encoding, cutAt(encoded, cuts));
      assert.equal(failure, null);
      assert.deepEqual(bytes, Buffer.concat(plains));
    }),
    { numRuns: 60 },
  );
});

test('what follows the end of an encoded body, and is nothing that its encoding knows, is told', async () => {
  for (const [encoding, encode] of Object.entries({ ...encoders, deflate: deflateSync })) {
    const encoded = encode(Buffer.from('all'));
    const after = Buffer.from('we deceive them');
    for (const pieces of [[Buffer.concat([encoded, after])], [encoded, after]]) {
      assert.equal((await decode(encoding, pieces)).failure?.reason, 'unknown_encoding', encoding);
    }
    const zeros = await decode(encoding, [Buffer.concat([encoded, Buffer.alloc(512)])]);
    assert.deepEqual([zeros.failure, zeros.bytes.toString()], [null, 'all'], encoding);
  }
});

test('a body that begins anew too often is given up', async () => {
  const frame = zstdCompressSync(Buffer.from('a'));
  const body = (count: number) => Buffer.concat(Array.from({ length: count }, () => frame));
  assert.equal((await decode('zstd', [body(4_097)])).bytes.length, 4_097);
  assert.equal((await decode('zstd', [body(4_098)])).failure?.reason, 'over_cap');
});

test('what was written so far is read before the body ends', async () => {
  const gzip = createGzip();
  const decoder = createBodyDecoder('gzip', roomy);
  gzip.write('data: 1\n\n');
  await new Promise<void>((resolve) => gzip.flush(constants.Z_SYNC_FLUSH, () => resolve()));
  const first = gzip.read() as Buffer;
  assert.equal((await decoder.push(first)).toString(), 'data: 1\n\n');
  decoder.close();
  gzip.destroy();
});

const bounds: [name: string, encoding: string, bytes: number, limits: typeof roomy, reason: string | null][] =
  [
    ['a plain body at the bound', 'identity', 1000, { ...roomy, maxDecodedBytes: 1000 }, null],
    ['a plain body above it', 'identity', 1001, { ...roomy, maxDecodedBytes: 1000 }, 'over_cap'],
    ['a decoded body at the bound', 'gzip', 1000, { ...roomy, maxDecodedBytes: 1000 }, null],
    ['a decoded body above it', 'gzip', 1001, { ...roomy, maxDecodedBytes: 1000 }, 'over_cap'],
    ['a small body of any ratio', 'br', 65_536, { ...roomy, maxRatio: 2 }, null],
    ['a larger body of too high a ratio', 'br', 200_000, { ...roomy, maxRatio: 100 }, 'over_cap'],
  ];

for (const [name, encoding, length, limits, reason] of bounds) {
  test(`${name}: ${reason ?? 'is read'}`, async () => {
    const plain = Buffer.alloc(length, 'a');
    const encode = encoders[encoding as keyof typeof encoders] ?? ((bytes: Buffer) => bytes);
    const { bytes, failure } = await decode(encoding, [encode(plain)], limits);
    assert.equal(failure?.reason ?? null, reason);
    assert.equal(bytes.length, reason === null ? length : 0);
  });
}

test('a body that decodes to a thousand times its size and more stops at the first pieces', async () => {
  const fast = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };
  const bomb = brotliCompressSync(Buffer.alloc(2 ** 26), fast);
  const before = process.memoryUsage.rss();
  const { failure } = await decode('br', [bomb], { maxDecodedBytes: 2 ** 25, maxRatio: 100 });
  assert.equal(failure?.reason, 'over_cap');
  assert.ok(process.memoryUsage.rss() - before < 2 ** 25);
});

test('an encoded body that ends too early is told', async () => {
  const encoded = gzipSync('some words');
  assert.equal((await decode('gzip', [encoded.subarray(0, -4)])).failure?.reason, 'unknown_encoding');
});

const nested = (depth: number) => Buffer.from('['.repeat(depth) + ']'.repeat(depth));
const json: [name: string, bytes: Buffer, result: unknown][] = [
  ['an object', Buffer.from('{"a":[1,"b"]}'), { a: [1, 'b'] }],
  ['a byte order mark', Buffer.from('\uFEFF1'), 1],
  ['brackets in a text', Buffer.from(`"${'['.repeat(100)}\\"]"`), `${'['.repeat(100)}"]`],
  [
    'many lists beside each other',
    Buffer.from(`[${'[],'.repeat(99)}[]]`),
    Array.from({ length: 100 }, () => []),
  ],
  ['nesting at the bound', nested(64), JSON.parse(nested(64).toString())],
  ['nesting above it', nested(65), 'depth'],
  ['20 kB of brackets', Buffer.from('['.repeat(20_000)), 'depth'],
  ['a cut character', Buffer.from([0x22, 0xe2, 0x82]), 'bad_utf8'],
  ['a surrogate in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), 'bad_utf8'],
  ['a text', Buffer.from('hello'), 'bad_json'],
];

for (const [name, bytes, result] of json) {
  test(`JSON: ${name}`, () => {
    const read = parseJson(bytes, 64);
    assert.deepEqual(read.ok ? read.value : read.reason, result);
  });
}

test('the message of broken UTF-8 names the first bad byte', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.constantFrom(0xff, 0xc0, 0x80),
      (before, bad) => {
        const good = Buffer.from(before);
        const read = parseJson(Buffer.concat([good, Buffer.from([bad, 0x20])]), 64);
        assert.ok(!read.ok);
        assert.match(read.message, new RegExp(`byte ${good.length}$`));
      },
    ),
  );
});

test('what the client wrote is not in the message', () => {
  const read = parseJson(Buffer.from('{"secret words": oops}'), 64);
  assert.ok(!read.ok);
  assert.doesNotMatch(read.message, /secret|oops/);
});
