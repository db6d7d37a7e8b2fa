import assert from 'node:assert/strict';
import { PassThrough, Writable } from 'node:stream';
import { test } from 'node:test';
import { alertsOf, createStdoutSink, detectionFindingSchema } from '../../alerts/index.ts';
import { exchange } from './records.ts';

const { signal } = new AbortController();
const some = () => [...alertsOf(exchange()), ...alertsOf(exchange())];

test('each alert is one line with one event', async () => {
  const stream = new PassThrough();
  const sink = createStdoutSink({ stream });
  const alerts = some();
  assert.deepEqual(
    await sink.deliver(alerts, signal),
    alerts.map(() => ({ outcome: 'delivered' })),
  );
  const lines = String(stream.read()).trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => detectionFindingSchema.parse(JSON.parse(line)).finding_info.uid),
    alerts.map(({ id }) => id),
  );
  await sink.close();
});

test('while nobody reads, nothing more is written, so that memory does not grow', async () => {
  let taken = 0;
  let go = () => {};
  const stream = new Writable({
    write(_chunk, _encoding, done) {
      taken += 1;
      go = done;
    },
  });
  const sink = createStdoutSink({ stream });
  const first = sink.deliver(some(), signal);
  for (let round = 0; round < 3; round += 1) {
    assert.equal((await sink.deliver(some(), signal))[0]?.outcome, 'retry');
  }
  go();
  assert.equal((await first)[0]?.outcome, 'delivered');
  assert.equal(taken, 1);
});

test('a reader that left is an outcome and ends nothing', async () => {
  const stream = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
  const [outcome] = await createStdoutSink({ stream }).deliver(some(), signal);
  assert.deepEqual(outcome, { outcome: 'retry', reason: 'stdout takes nothing: EPIPE' });
});
