import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import fc from 'fast-check';
import { crc32c } from '../../alerts/sinks/kafka-records/crc32c.ts';
import {
  encodeFaster,
  fasterProtocol,
  type ProduceProtocol,
} from '../../alerts/sinks/kafka-records/encode-faster.ts';
import { encodeProduce, type ProduceRequest } from '../../alerts/sinks/kafka-records/encode-produce.ts';

const requirePart = createRequire(import.meta.url);
/** kafkajs' own: nothing here has replaced it. */
const produce = requirePart('kafkajs/src/protocol/requests/produce/index.js') as ProduceProtocol;

const bytes = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
);
const time = fc.oneof(
  fc.constant('-1'),
  fc.integer({ min: 1_000_000_000_000, max: 4_000_000_000_000 }).map(String),
);
const headers = fc.dictionary(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.oneof(bytes, fc.array(bytes, { maxLength: 3 })),
  { maxKeys: 9 },
);
/** Each has a time, so that none says when it was encoded. */
const message = fc.record(
  { key: fc.option(bytes), value: fc.option(bytes), timestamp: time, headers },
  { requiredKeys: ['value', 'timestamp'] },
);
const partition = fc.record({
  partition: fc.nat(50),
  firstSequence: fc.nat(2 ** 31 - 1),
  messages: fc.array(message, { minLength: 1, maxLength: 150 }),
});
const request: fc.Arbitrary<ProduceRequest> = fc.record({
  acks: fc.constant(-1),
  timeout: fc.nat(60_000),
  compression: fc.constant(0),
  transactionalId: fc.constant(undefined),
  producerId: fc.oneof(fc.maxSafeNat().map(String), fc.constant('9223372036854775806')),
  producerEpoch: fc.nat(2 ** 15 - 1),
  topicData: fc.array(
    fc.record({
      topic: fc.string({ minLength: 1, maxLength: 60 }),
      partitions: fc.array(partition, { maxLength: 3 }),
    }),
    { maxLength: 3 },
  ),
});

for (const version of [3, 7]) {
  test(`version ${version}: whatever is sent, the bytes are those that kafkajs makes`, async () => {
    const theirs = produce.protocol({ version });
    const ours = fasterProtocol(produce.protocol)({ version });
    await fc.assert(
      fc.asyncProperty(request, async (asked) => {
        const [a, b] = [theirs(asked), ours(asked)];
        const [expected, actual] = [await a.request.encode(), await b.request.encode()];
        assert.ok(actual.buffer.equals(expected.buffer));
        const { encode: _, ...rest } = b.request;
        assert.deepEqual(JSON.stringify(rest), JSON.stringify({ ...a.request, encode: undefined }));
        assert.equal(b.response, a.response);
      }),
      { numRuns: 150 },
    );
  });
}

test('compressed records, transactions and other versions are left to kafkajs', async () => {
  const asked: ProduceRequest = {
    acks: -1,
    timeout: 1,
    compression: 1,
    producerId: '1',
    producerEpoch: 0,
    topicData: [
      {
        topic: 't',
        partitions: [{ partition: 0, firstSequence: 0, messages: [{ value: 'a', timestamp: '1' }] }],
      },
    ],
  };
  const ours = fasterProtocol(produce.protocol);
  const encode = async (protocol: ProduceProtocol['protocol'], part: Partial<ProduceRequest>) =>
    (await protocol({ version: 7 })({ ...asked, ...part }).request.encode()).buffer;
  for (const part of [{ compression: 1 }, { compression: 0, transactionalId: 'payments' }]) {
    assert.ok((await encode(ours, part)).equals(await encode(produce.protocol, part)));
    assert.ok(!(await encode(ours, part)).equals(encodeProduce(asked, 0)));
  }
  assert.equal(ours({ version: 2 }), produce.protocol({ version: 2 }));
});

test('beside another version of kafkajs nothing is encoded, however often it is tried, and both are named', () => {
  const other = { ...requirePart('kafkajs/package.json'), version: '2.3.0' };
  const install = () => encodeFaster((name) => (name === 'kafkajs/package.json' ? other : assert.fail(name)));
  for (const _ of [1, 2]) {
    assert.throws(install, { code: 'KAFKAJS_UNKNOWN', message: /kafkajs 2\.3\.0 is installed.* 2\.2\.4/ });
  }
});

test('a message without a time has the time at which it is encoded', () => {
  const of = (timestamp: string | undefined, now: number) =>
    encodeProduce(
      {
        acks: -1,
        timeout: 1,
        compression: 0,
        producerId: '1',
        producerEpoch: 0,
        topicData: [
          {
            topic: 't',
            partitions: [{ partition: 0, firstSequence: 0, messages: [{ value: 'a', timestamp }] }],
          },
        ],
      },
      now,
    );
  assert.ok(of(undefined, 1_700_000_000_000).equals(of('1700000000000', 1)));
});

test('the checksum is CRC-32C, whatever the length', () => {
  // RFC 3720, B.4.
  assert.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa);
  assert.equal(crc32c(Buffer.alloc(32, 0xff)), 0x62a8ab43);
  assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
  const crcOfKafkajs = requirePart('kafkajs/src/protocol/recordBatch/crc32C/index.js') as (
    bytes: Buffer,
  ) => number;
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(20), (array, from) => {
      const buffer = Buffer.from(array);
      assert.equal(crc32c(buffer, from), crcOfKafkajs(buffer.subarray(from)));
    }),
  );
});
