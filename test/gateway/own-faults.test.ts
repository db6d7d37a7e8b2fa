import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import type { Client } from '../../gateway/exchange/client.ts';
import { createHold } from '../../gateway/exchange/hold.ts';
import { relayAnswer } from '../../gateway/exchange/relay-answer.ts';
import { type HeldRelayParts, relayHeld } from '../../gateway/exchange/relay-held.ts';
import { createWake } from '../../gateway/exchange/wake.ts';
import type { HeldStream } from '../../gateway/holding/held-stream.ts';
import type { AnswerReader } from '../../gateway/reading/answer-reader.ts';
import { createBodyDecoder } from '../../gateway/reading/decode-body.ts';

const abortSignal = new AbortController().signal;
const BROKEN = { end: 'broken', failure: { outcome: 'cut', message: 'gone' } };

/** A body of one piece that then breaks off, or goes on. */
function answerOf({ breaksOff = false } = {}) {
  const body = Readable.from(
    (async function* () {
      yield Buffer.from('data: one\n\n');
      if (breaksOff) throw new Error('gone');
      yield Buffer.from('data: two\n\n');
    })(),
  );
  return {
    outcome: 'answered',
    status: 200,
    statusText: '',
    headers: [],
    trailers: () => ({}),
    body,
  } as const;
}

function relay(push: AnswerReader['push'], answer = answerOf()) {
  const reader: Partial<AnswerReader> = { push, end: async () => {} };
  const client: Partial<Client> = { write: async () => true, addTrailers: () => {} };
  const relayed = relayAnswer({
    answer,
    reader: reader as AnswerReader,
    framing: 'events',
    client: client as Client,
    hold: createHold(),
    holdAll: null,
    abortSignal,
    onFirstByte: () => {},
  });
  return { answer, relayed };
}

function hold(said: Partial<HeldStream> = {}, parts: Partial<HeldRelayParts> = {}, answer = answerOf()) {
  const stream: Partial<HeldStream> = {
    push: () => {},
    end: () => {},
    bytes: () => 0,
    take: () => [],
    ...said,
  };
  const relayed = relayHeld({
    answer,
    stream: stream as HeldStream,
    decoder: createBodyDecoder(undefined, { maxDecodedBytes: 1_024, maxRatio: 1 }),
    encoded: null,
    wake: createWake(),
    maxBytes: 1_024,
    onOverflow: () => false,
    early: { mustStop: () => false, waitingMs: () => 0, maxWaitMs: 600_000, onLate: () => false },
    write: async () => true,
    abortSignal,
    onFirstByte: () => {},
    ...parts,
  });
  return { answer, relayed };
}

const fails = () => {
  throw new Error('a fault of our own');
};

test('a body that breaks off is the upstream’s, passed on or held', async () => {
  assert.deepEqual(await relay(async () => 0, answerOf({ breaksOff: true })).relayed, BROKEN);
  assert.deepEqual(await hold({}, {}, answerOf({ breaksOff: true })).relayed, BROKEN);
});

test('a whole body ends whole, passed on or held', async () => {
  assert.deepEqual(await relay(async () => 0).relayed, { end: 'whole' });
  assert.deepEqual(await hold().relayed, { end: 'whole' });
});

test('what fails in the gateway is thrown and not put down to the upstream, and stops it', async () => {
  for (const { answer, relayed } of [relay(async () => fails()), hold({ push: fails })]) {
    await assert.rejects(relayed, /a fault of our own/);
    assert.equal(answer.body.destroyed, true);
  }
});

test('what fails while held text goes on ends the relay, and is thrown by it', async () => {
  const body = new Readable({ read() {} });
  body.push('data: one\n\n');
  const { relayed } = hold(
    { take: () => [Buffer.from('one')] },
    { write: () => Promise.reject(new Error('no head')) },
    { ...answerOf(), body },
  );
  await assert.rejects(relayed, /no head/);
  assert.equal(body.destroyed, true);
});
