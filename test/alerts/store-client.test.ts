import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { AlertsError } from '../../alerts/index.ts';
import { createStoreClient } from '../../alerts/store-client.ts';
import { cleanUp, dataFolder } from './cleanup.ts';
import { exchange } from './records.ts';

test('a store thread that dies is replaced: what it was asked fails, what comes after works', async (t) => {
  const path = join(dataFolder(t), 'telltale.db');
  const options = { path, sinks: [], content: 'none' as const, busyTimeoutMs: 100 };
  const store = await createStoreClient({ options, timeoutMs: 60_000, maxHeapMb: 16, onSetAside: () => {} });
  cleanUp(t, () => store.close());
  await store.ask('commit', [exchange({ exchangeId: 'kept' })]);
  const [entry] = exchange().coverage;
  assert.ok(entry !== undefined);
  const coverage = Array.from({ length: 400_000 }, (_, index) => ({ ...entry, tokens: index + 0.5 }));
  const huge = exchange({ exchangeId: 'huge', coverage });
  await assert.rejects(
    store.ask('commit', [huge]),
    (error) => error instanceof AlertsError && error.code === 'WORKER_DIED' && /memory/.test(error.message),
  );
  const [kept, counts] = await Promise.all([
    store.ask('readExchange', 'kept'),
    store.ask('counts', undefined),
  ]);
  assert.equal(kept?.exchangeId, 'kept');
  assert.equal(counts.flagged, 1);
});

test('a closed store says so, and closing twice is harmless', async (t) => {
  const path = join(dataFolder(t), 'telltale.db');
  const options = { path, sinks: [], content: 'none' as const, busyTimeoutMs: 100 };
  const store = await createStoreClient({ options, timeoutMs: 10_000, onSetAside: () => {} });
  await Promise.all([store.close(), store.close()]);
  await assert.rejects(
    store.ask('counts', undefined),
    (error) => error instanceof AlertsError && error.code === 'CLOSED',
  );
});
