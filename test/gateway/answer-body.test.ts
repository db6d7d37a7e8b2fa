import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBodyIntake } from '../../gateway/upstream/answer-body.ts';

function start() {
  const calls: string[] = [];
  const intake = createBodyIntake({
    pause: () => calls.push('pause'),
    resume: () => calls.push('resume'),
    abort: () => calls.push('abort'),
  });
  return { calls, intake, reader: intake.body[Symbol.asyncIterator]() };
}

const text = (result: IteratorResult<Buffer, unknown>) =>
  result.done === true ? null : String(result.value);

test('pieces are read in the order in which they came, before and after they came', async () => {
  const { intake, reader } = start();
  const early = reader.next();
  intake.push(Buffer.from('a'));
  assert.equal(text(await early), 'a');
  intake.push(Buffer.from('b'));
  assert.equal(text(await reader.next()), 'b');
  intake.push(Buffer.from('c'));
  intake.end();
  assert.deepEqual([text(await reader.next()), text(await reader.next())], ['c', null]);
});

test('small pieces that came together are read as one, waited for or not', async () => {
  const { intake, reader } = start();
  const early = reader.next();
  for (const piece of ['a', 'b', 'c']) intake.push(Buffer.from(piece));
  assert.equal(text(await early), 'abc');
  for (const piece of ['d', 'e']) intake.push(Buffer.from(piece));
  intake.end();
  assert.deepEqual([text(await reader.next()), text(await reader.next())], ['de', null]);
});

test('what is joined has a bound, and a large piece is given as it came', async () => {
  const { intake, reader } = start();
  const small = Buffer.alloc(10 * 1024, 's');
  const large = Buffer.alloc(40 * 1024, 'l');
  for (const piece of [small, small, large, small]) intake.push(piece);
  intake.end();
  assert.equal((await reader.next()).value, small);
  assert.equal((await reader.next()).value, small);
  assert.equal((await reader.next()).value, large);
  assert.equal((await reader.next()).value, small);
  assert.equal(text(await reader.next()), null);
});

test('many pieces of one byte are read in order while more come, each once', async () => {
  const { calls, intake, reader } = start();
  const all = 128 * 1024;
  let given = 0;
  const give = (until: number) => {
    for (; given < until; given += 1) intake.push(Buffer.from([given % 251]));
  };
  give(64 * 1024);
  assert.deepEqual(calls, ['pause']);
  let read = 0;
  while (read < all) {
    const { value = Buffer.alloc(0) } = await reader.next();
    for (const byte of value) {
      if (byte !== read % 251) assert.fail(`byte ${read} is ${byte}`);
      read += 1;
    }
    give(Math.min(64 * 1024 + read, all));
  }
  intake.end();
  assert.equal(text(await reader.next()), null);
});

test('a reader that does not read stops the connection, and one that reads lets it go on', async () => {
  const { calls, intake, reader } = start();
  const piece = Buffer.alloc(16 * 1024);
  for (let index = 0; index < 3; index += 1) intake.push(piece);
  assert.deepEqual(calls, []);
  intake.push(piece);
  intake.push(piece);
  assert.deepEqual(calls, ['pause']);
  await reader.next();
  assert.deepEqual(calls, ['pause']);
  await reader.next();
  assert.deepEqual(calls, ['pause', 'resume']);
});

test('a reader that waits never stops the connection, however much comes at once', async () => {
  const { calls, intake, reader } = start();
  const piece = Buffer.alloc(256 * 1024);
  for (let index = 0; index < 3; index += 1) {
    const read = reader.next();
    intake.push(piece);
    assert.equal((await read).value, piece);
  }
  assert.deepEqual(calls, []);
  const read = reader.next();
  intake.push(piece);
  intake.push(piece);
  assert.deepEqual(calls, ['pause']);
  await read;
  assert.deepEqual(calls, ['pause']);
  await reader.next();
  assert.deepEqual(calls, ['pause', 'resume']);
});

test('what came before a break is read before it is told', async () => {
  const { intake, reader } = start();
  intake.push(Buffer.from('a'));
  intake.fail(new Error('cut'));
  intake.push(Buffer.from('late'));
  assert.equal(text(await reader.next()), 'a');
  await assert.rejects(async () => reader.next(), /cut/);
});

test('what was given up is not read any more, come whole or not', async () => {
  const { intake, reader } = start();
  intake.push(Buffer.from('a'));
  intake.end();
  intake.giveUp(new Error('given up'));
  await assert.rejects(async () => reader.next(), /given up/);
});

test('a reader that leaves early ends the connection, one that leaves at the end does not', async () => {
  const early = start();
  early.intake.push(Buffer.from('a'));
  for await (const _piece of early.intake.body) break;
  assert.deepEqual(early.calls, ['abort']);
  const whole = start();
  whole.intake.push(Buffer.from('a'));
  whole.intake.end();
  for await (const _piece of whole.intake.body);
  whole.intake.body.destroy();
  assert.deepEqual(whole.calls, []);
});

test('a waiting reader hears the end, the break and its own leaving', async () => {
  const ends: [(started: ReturnType<typeof start>) => void, string | null][] = [
    [({ intake }) => intake.end(), null],
    [({ intake }) => intake.body.destroy(), null],
    [({ intake }) => intake.fail(new Error('cut')), 'cut'],
    [({ intake }) => intake.giveUp(new Error('given up')), 'given up'],
  ];
  for (const [end, expected] of ends) {
    const started = start();
    const read = started.reader.next().then(text, (error: Error) => error.message);
    end(started);
    assert.equal(await read, expected);
  }
});
