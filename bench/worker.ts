import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startKafka } from '../test/services/kafka.ts';
import { kafkaClient } from '../test/services/kafka-client.ts';
import { startPostgres } from '../test/services/postgres.ts';
import { rulesIn } from './gateway/rules-in.ts';
import { machine } from './machine.ts';
import { median } from './median.ts';
import { startAnswers } from './worker/exchanges.ts';
import { recordExchanges } from './worker/record-exchanges.ts';
import { scoreInline } from './worker/score-inline.ts';
import { type Scored, scoreRecording } from './worker/score-recording.ts';

/** `npm run bench:worker [-- --exchanges N --rounds N --out FILE]`: exchanges a second that one worker scores, and two,
 *  out of a recording that a gateway handed over to a real Kafka, with the shipped rules and the real reader; beside
 *  them what a gateway scores in line of the same exchanges. All write into a real PostgreSQL. The variants take turns;
 *  each figure is the median of the rounds. */

const { values } = parseArgs({
  options: {
    exchanges: { type: 'string', default: '240' },
    rounds: { type: 'string', default: '3' },
    out: { type: 'string' },
  },
});
const exchanges = Number(values.exchanges);
const rounds = Number(values.rounds);
const { cpu, cores } = machine();

const folder = mkdtempSync(join(tmpdir(), 'telltale-bench-worker-'));
const [broker, server] = await Promise.all([startKafka(), startPostgres()]);
const answers = await startAnswers();
try {
  const rules = rulesIn(folder, 'flag');
  const { brokers } = broker;
  const kafka = kafkaClient(brokers);
  const upstream = answers.url;
  const recording = await recordExchanges({ kafka, brokers, upstream, rules, exchanges });
  const score = async (workers: number, threads: number) => {
    const databaseUrl = await server.createDatabase();
    return scoreRecording({ kafka, brokers, recording, rules, databaseUrl, workers, threads });
  };
  const inline = async () =>
    scoreInline({ upstream, rules, exchanges, databaseUrl: await server.createDatabase(), threads: cores });
  const variants = {
    inline,
    one_worker: () => score(1, cores),
    one_worker_one_thread: () => score(1, 1),
    two_workers_one_thread_each: () => score(2, 1),
  };
  const found: Record<string, Scored[]> = {};
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, run] of Object.entries(variants)) {
      const scored = await run();
      found[name] = [...(found[name] ?? []), scored];
      process.stderr.write(`${name}: ${JSON.stringify(scored)}\n`);
    }
  }
  const figures = Object.fromEntries(Object.entries(found).map(([name, runs]) => [name, mediansOf(runs)]));
  const ratio = (name: keyof typeof variants, to: keyof typeof variants) =>
    medianOf(
      Array.from({ length: rounds }, (_, round) => {
        const [a, b] = [found[name]?.[round], found[to]?.[round]];
        return (a?.exchanges_per_s ?? Number.NaN) / (b?.exchanges_per_s ?? Number.NaN);
      }),
      2,
    );
  const report = {
    cpu,
    cores,
    exchanges,
    rounds,
    ...figures,
    // Each within its round, so that both met the same machine; the median of the rounds.
    two_to_one_of_one_thread: ratio('two_workers_one_thread_each', 'one_worker_one_thread'),
    two_to_one_of_all_cores: ratio('two_workers_one_thread_each', 'one_worker'),
    one_worker_to_inline: ratio('one_worker', 'inline'),
    two_workers_to_inline: ratio('two_workers_one_thread_each', 'inline'),
  };
  const text = `${JSON.stringify(report, null, 2)}\n`;
  if (values.out !== undefined) writeFileSync(values.out, text);
  process.stdout.write(text);
} finally {
  answers.close();
  await Promise.all([broker.close(), server.close()]);
  rmSync(folder, { recursive: true, force: true });
}

function mediansOf(runs: readonly Scored[]): Scored {
  const of = (name: keyof Scored, digits: number) =>
    medianOf(
      runs.map((run) => run[name]),
      digits,
    );
  return {
    exchanges_per_s: of('exchanges_per_s', 1),
    tokens_per_s: of('tokens_per_s', 0),
    tokens_per_exchange: of('tokens_per_exchange', 1),
    cpu_ms_per_exchange: of('cpu_ms_per_exchange', 1),
    lag_at_end: Math.max(...runs.map(({ lag_at_end: lag }) => lag)),
  };
}

function medianOf(numbers: readonly number[], digits: number): number {
  return Math.round(median(numbers) * 10 ** digits) / 10 ** digits;
}
