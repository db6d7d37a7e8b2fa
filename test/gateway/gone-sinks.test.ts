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
