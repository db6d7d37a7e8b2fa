import { createLedger, createRelay } from '../../alerts/index.ts';
import { exchange } from './records.ts';
import { createListSink } from './sinks.ts';

/** A process that commits and dies by its own hand, as if by kill -9: `after-commit` before any relay runs,
 *  `after-delivery` when a sink has taken the alerts and the outbox does not know it yet. It prints the alerts' ids. */
const [dataDir = '', when = ''] = process.argv.slice(2);
const die = () => process.kill(process.pid, 'SIGKILL');

const ledger = await createLedger({ dataDir, sinks: ['kafka'] });
const records = ['a', 'b', 'a'].map((conversationId) => exchange({ conversationId }));
const outcomes = await Promise.all(records.map(ledger.commit));
const ids = outcomes.flatMap((outcome) => (outcome.outcome === 'committed' ? outcome.alertIds : []));
await new Promise<void>((done) => process.stdout.write(ids.join('\n'), () => done()));
if (when === 'after-commit') die();

const sink = createListSink('kafka');
sink.answer = () => {
  if (sink.taken.length === ids.length - 1) die();
  return { outcome: 'delivered' };
};
createRelay({ outbox: ledger, sinks: [sink] }).start();
