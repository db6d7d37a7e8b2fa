import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { startKafka } from '../test/services/kafka.ts';
import { startPostgres } from '../test/services/postgres.ts';
import { bareProducer } from './alerts/bare-producer.ts';
import { measureStore, type StoreFigures } from './alerts/measure-store.ts';
import type { Pace } from './alerts/pace.ts';
import { machine } from './machine.ts';
import { median } from './median.ts';

/** `npm run bench:alerts [-- ALERTS]`: alerts a second that are committed, relayed to a real Kafka, and both at once, on
 *  SQLite and on PostgreSQL; beside them, in the same run, what the bare database takes of the same rows and what the bare
 *  producer sends of the same messages. Beside each rate stands what it took of the processor. Medians over ROUNDS, of ratios as of rates: each ratio is of one round, since the
 *  machine of another round may be another machine. Writes bench/results/alerts.json. */

const ROUNDS = 5;
const alerts = Number(process.argv[2] ?? 8000);

const broker = await startKafka();
const server = await startPostgres();
try {
  const rounds: { sqlite: StoreFigures; postgresql: StoreFigures; producer: Pace }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const sqlite = await measureStore({ alerts, brokers: broker.brokers });
    const databaseUrl = await server.createDatabase();
    const postgresql = await measureStore({ alerts, brokers: broker.brokers, databaseUrl });
    const producer = await bareProducer(broker.brokers, sqlite.messages);
    rounds.push({ sqlite: sqlite.figures, postgresql: postgresql.figures, producer });
    process.stderr.write(`${JSON.stringify(rounds.at(-1))}\n`);
  }
  const report = {
    ...machine(),
    load_average: loadavg().map((load) => Math.round(load * 10) / 10),
    alerts,
    rounds: ROUNDS,
    bare_producer_per_s: median(rounds.map(({ producer }) => producer.perSecond)),
    bare_producer_cpu_us: median(rounds.map(({ producer }) => producer.cpuUs)),
    sqlite: compared(rounds.map(({ sqlite, producer }) => ({ ...sqlite, producer }))),
    postgresql: compared(rounds.map(({ postgresql, producer }) => ({ ...postgresql, producer }))),
  };
  const text = `${JSON.stringify(report, null, 2)}\n`;
  writeFileSync(join(import.meta.dirname, 'results/alerts.json'), text);
  process.stdout.write(text);
} finally {
  await broker.close();
  await server.close();
}

/** The slower of database and producer is what could be reached at all. */
function compared(rounds: readonly (StoreFigures & { readonly producer: Pace })[]) {
  const of = (name: keyof StoreFigures, figure: keyof Pace) =>
    median(rounds.map((round) => round[name][figure]));
  const slower = ({ bareDatabase, producer }: (typeof rounds)[number]) =>
    Math.min(bareDatabase.perSecond, producer.perSecond);
  return {
    bare_database_per_s: of('bareDatabase', 'perSecond'),
    committed_per_s: of('committed', 'perSecond'),
    relayed_per_s: of('relayed', 'perSecond'),
    committed_and_relayed_per_s: of('committedAndRelayed', 'perSecond'),
    bare_database_cpu_us: of('bareDatabase', 'cpuUs'),
    committed_cpu_us: of('committed', 'cpuUs'),
    relayed_cpu_us: of('relayed', 'cpuUs'),
    committed_and_relayed_cpu_us: of('committedAndRelayed', 'cpuUs'),
    committed_to_database: median(
      rounds.map(({ committed, bareDatabase }) => ratio(committed.perSecond, bareDatabase.perSecond)),
    ),
    relayed_to_producer: median(
      rounds.map(({ relayed, producer }) => ratio(relayed.perSecond, producer.perSecond)),
    ),
    both_to_slower: median(rounds.map((round) => ratio(round.committedAndRelayed.perSecond, slower(round)))),
  };
}

function ratio(value: number, of: number): number {
  return Math.round((value / of) * 100) / 100;
}
