import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createLedger } from '../../alerts/index.ts';
import { configSchema } from '../../gateway/config/schema.ts';
import { startRelay } from '../../gateway/start-relay.ts';
import { createLogger } from '../../gateway/telemetry/index.ts';
import { exchange } from '../alerts/records.ts';
import { until } from './until.ts';

test('a gateway says for which sinks alerts wait that its configuration does not name, and what can be done', async (context) => {
  const data = mkdtempSync(join(tmpdir(), 'telltale-gone-'));
  context.after(() => rmSync(data, { recursive: true }));
  const before = await createLedger({ dataDir: data, sinks: ['former', 'file'] });
  await before.commit(exchange());
  await before.close();
  const ledger = await createLedger({ dataDir: data, sinks: ['file'] });
  const lines: { event: string; sink: string; waiting: number; remedy: string }[] = [];
  const log = createLogger('warn', { write: (line) => void lines.push(JSON.parse(line)) });
  const config = configSchema.parse({ data });
  const relay = await startRelay({ config, ledger, log, reviewUrl: '', deadlineMs: 60_000 });
  await until(() => lines.length > 0);
  await relay.close();
  await ledger.close();
  const [{ event, sink, waiting, remedy } = assert.fail('a line')] = lines;
  assert.deepEqual(
    [event, sink, waiting],
    ['alerts wait for a sink that the configuration does not name', 'former', 1],
  );
  assert.match(remedy, /outbox drop --waiting --sink former$/);
  assert.equal(lines.length, 1);
});

for (const [where, told] of [
  ['inline', 1],
  ['kafka', 0],
] as const) {
  test(`exchanges that wait for workers are ${told === 0 ? 'no news' : 'told of'} where scoring is ${where}`, async (context) => {
    const data = mkdtempSync(join(tmpdir(), 'telltale-gone-'));
    const ledger = await createLedger({ dataDir: data, sinks: ['file'] });
    await ledger.unscored.add({ exchangeId: 'e', conversationId: 'c', body: '{}' });
    const lines: { event: string; waiting: number; remedy: string }[] = [];
    const log = createLogger('warn', { write: (line) => void lines.push(JSON.parse(line)) });
    const scoring = where === 'kafka' ? { where, brokers: ['127.0.0.1:1'] } : {};
    const config = configSchema.parse({ data, scoring });
    const relay = await startRelay({ config, ledger, log, reviewUrl: '', deadlineMs: 60_000 });
    context.after(async () => {
      await relay.close();
      await ledger.close();
      rmSync(data, { recursive: true });
    });
    // What is told at the start is asked of the store in this order.
    if (told > 0) await until(() => lines.length > 0);
    await ledger.counts();
    assert.equal(lines.length, told);
    for (const { event, waiting, remedy } of lines) {
      assert.match(event, /^exchanges wait for workers/);
      assert.equal(waiting, 1);
      assert.match(remedy, /outbox drop --waiting --sink scoring$/);
    }
  });
}
