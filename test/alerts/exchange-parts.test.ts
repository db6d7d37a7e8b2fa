import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { KafkaMessage } from 'kafkajs';
import { type Arrival, createAssembler } from '../../alerts/exchange-topic/assembler.ts';
import { exchangeMessages } from '../../alerts/exchange-topic/exchange-message.ts';

const body = (id: string, length: number) => JSON.stringify({ id, text: 'é🙂'.repeat(length) });

/** Messages as the broker gives them back, numbered from an offset on. */
function received(
  messages: readonly { key?: unknown; value: Buffer | null; headers?: object }[],
  from = 0,
): KafkaMessage[] {
  return messages.map(({ key = null, value, headers = {} }, index) => ({
    key: key === null ? null : Buffer.from(String(key)),
    value,
    headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
    offset: String(from + index),
    timestamp: '1000',
    attributes: 0,
  })) as KafkaMessage[];
}

const partsOf = (id: string, length: number, maxBytes: number) =>
  exchangeMessages({ exchangeId: id, conversationId: 'c', body: body(id, length) }, maxBytes);

const summary = ({ exchangeId, problem }: Arrival) => [exchangeId, problem === null ? 'whole' : 'lost'];

test('an exchange of any length comes whole out of the parts that it went in, with those of others between', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 300 }),
      fc.integer({ min: 0, max: 300 }),
      fc.integer({ min: 1, max: 64 }),
      fc.infiniteStream(fc.boolean()),
      (one, other, maxBytes, turns) => {
        const queues = [partsOf('one', one, maxBytes), partsOf('other', other, maxBytes)];
        const mixed = [];
        while (queues.some(({ length }) => length > 0)) {
          const turn = turns.next().value === true ? 1 : 0;
          const next = queues[turn]?.shift() ?? queues[1 - turn]?.shift();
          if (next !== undefined) mixed.push(next);
        }
        const assembler = createAssembler('t', 0);
        const arrivals = received(mixed).flatMap((message) => assembler.push(message));
        const bodies = Object.fromEntries(arrivals.map(({ exchangeId, body: text }) => [exchangeId, text]));
        assert.deepEqual(bodies, { one: body('one', one), other: body('other', other) });
        assert.equal(assembler.firstWaiting(), null);
      },
    ),
  );
});

test('nothing from the first part of an exchange on is committed before its last has come', () => {
  const assembler = createAssembler('t', 0);
  const parts = partsOf('long', 100, 200);
  assert.ok(parts.length >= 3);
  const waiting = [];
  for (const message of received([...partsOf('short', 0, 10_000), ...parts], 40)) {
    assembler.push(message);
    waiting.push(assembler.firstWaiting());
  }
  assert.deepEqual(waiting, [null, ...parts.slice(1).map(() => 41n), null]);
});

test('a gateway that began anew with an exchange, and a partition that is read again, lose nothing', () => {
  const parts = partsOf('long', 100, 200);
  const begun = parts.slice(0, 2);
  const table: [string, ReturnType<typeof partsOf>][] = [
    ['begun anew', [...begun, ...parts]],
    ['read again from the middle', [...begun, ...begun.slice(1), ...parts.slice(2)]],
    [
      'by two at once',
      [begun[0], begun[0], begun[1], begun[1], ...parts.slice(2)].flatMap((part) => part ?? []),
    ],
  ];
  for (const [name, messages] of table) {
    const assembler = createAssembler('t', 0);
    const arrivals = received(messages).flatMap((message) => assembler.push(message));
    assert.deepEqual(arrivals.map(summary), [['long', 'whole']], name);
    assert.equal(arrivals[0]?.body, body('long', 100), name);
  }
});

test('what is no exchange, or not all of one, is told with the place where it stands', () => {
  const [first, second, third] = partsOf('long', 100, 200);
  assert.ok(first && second && third);
  const broken = (headers: object) => ({ ...first, headers: { ...first.headers, ...headers } });
  const table: [RegExp, Parameters<typeof received>[0]][] = [
    [/its type is null/, [{ value: Buffer.from('hello') }]],
    [/its type is "other"/, [broken({ ce_type: 'other' })]],
    [/its ce_id is ""/, [broken({ ce_id: '' })]],
    [/it has no value/, [{ ...first, value: null }]],
    [/it is part 3 of 2/, [broken({ telltale_part: '3', telltale_parts: '2' })]],
    [/it is part -1 of 2/, [broken({ telltale_part: '-1', telltale_parts: '2' })]],
    [/part 1 of \d+ came without the first/, [second]],
    [/part 1 of \d+ was to come, and part 2 of \d+ came/, [first, third]],
  ];
  for (const [problem, messages] of table) {
    const assembler = createAssembler('topic', 5);
    const arrivals = received(messages, 70).flatMap((message) => assembler.push(message));
    assert.equal(arrivals.length, 1, String(problem));
    assert.match(arrivals[0]?.problem ?? '', problem);
    assert.equal(arrivals[0]?.partition, 5);
    assert.equal(assembler.firstWaiting(), null);
  }
});

test('parts whose rest does not come hold the partition back for a bounded time and in a bounded number', () => {
  let now = 0;
  const assembler = createAssembler('t', 0, () => now);
  const firstOf = (id: string) => partsOf(id, 100, 200).slice(0, 1);
  const [old] = received(firstOf('old'));
  assert.ok(old);
  assert.deepEqual(assembler.push(old), []);
  now += 3_600_001;
  const [late] = received(partsOf('late', 0, 10_000), 1);
  assert.ok(late);
  assert.deepEqual(assembler.push(late).map(summary), [
    ['late', 'whole'],
    ['old', 'lost'],
  ]);
  const many = Array.from({ length: 40 }, (_, index) => firstOf(`n-${index}`)).flat();
  const given = received(many, 2).flatMap((message) => assembler.push(message));
  assert.deepEqual(
    given.map(summary),
    Array.from({ length: 24 }, (_, index) => [`n-${index}`, 'lost']),
  );
  assert.equal(assembler.firstWaiting(), 26n);
});

test('what another gateway says of the time, or does not say, makes no parts old', () => {
  const timed = (messages: Parameters<typeof received>[0], from: number, timestamp: string) =>
    received(messages, from).map((message) => ({ ...message, timestamp }));
  const parts = partsOf('long', 100, 200);
  const [first, ...rest] = timed(parts, 0, '1000');
  const [ahead] = timed(partsOf('ahead', 0, 10_000), 50, '9999999999999');
  const [untimed] = timed(partsOf('untimed', 100, 200), 51, '-1');
  assert.ok(first && ahead && untimed);
  const assembler = createAssembler('t', 0);
  const arrivals = [untimed, first, ahead, ...rest].flatMap((message) => assembler.push(message));
  assert.deepEqual(arrivals.map(summary), [
    ['ahead', 'whole'],
    ['long', 'whole'],
  ]);
  assert.equal(assembler.firstWaiting(), 51n);
});
