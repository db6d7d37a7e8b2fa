import { setTimeout as sleep } from 'node:timers/promises';
import { createLedger, createRelay, type Sink } from '../../alerts/index.ts';
import { exchange } from './records.ts';

/** A process that commits 80 alerts of 8 conversations and brings them slowly, telling each; it is killed meanwhile. */
const [databaseUrl = '', leaseMs = ''] = process.argv.slice(2);

const ledger = await createLedger({
  dataDir: '.',
  databaseUrl,
  sinks: ['list'],
  leaseMs: Number(leaseMs),
  commitTimeoutMs: 60_000,
});
for (let round = 0; round < 10; round += 1) {
  const records = Array.from({ length: 8 }, (_, index) =>
    exchange({ conversationId: `c-${index}`, exchangeId: `c-${index}-${round}` }),
  );
  await Promise.all(records.map(ledger.commit));
}
const sink: Sink = {
  name: 'list',
  async deliver(alerts) {
    for (const { conversationId, exchangeId } of alerts) {
      process.stdout.write(`took ${conversationId} ${exchangeId}\n`);
      await sleep(20);
    }
    return alerts.map(() => ({ outcome: 'delivered' }));
  },
  close: async () => {},
};
createRelay({ outbox: ledger, sinks: [sink], batchSize: 8 }).start();
