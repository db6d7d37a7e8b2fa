import { createLedger } from '../../alerts/index.ts';
import { exchange } from './records.ts';

/** A process that commits so many exchanges, one after the other, and says in how many transactions. After each, what waits
 *  in the outbox is struck off, as a relay does. */
const [dataDir = '', count = ''] = process.argv.slice(2);
const ledger = await createLedger({ dataDir, sinks: ['kafka'], commitTimeoutMs: 60_000 });
for (let done = 0; done < Number(count); done += 1) {
  const { outcome } = await ledger.commit(exchange());
  if (outcome !== 'committed') throw new Error(outcome);
  const waiting = await ledger.take({ sink: 'kafka', limit: 10, exceptConversations: [] });
  if (waiting.length !== 1) throw new Error(`${waiting.length} alerts wait`);
  await ledger.settle({ sink: 'kafka', delivered: waiting.map(({ seq }) => seq), dead: [] });
}
const { transactions } = ledger.stats();
await ledger.close();
process.stdout.write(String(transactions));
