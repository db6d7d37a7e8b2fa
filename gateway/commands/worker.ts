import { defineCommand, UsageError } from './command.ts';

const DEFAULT_NAME = 'worker';

/** `telltale worker`: scores what gateways hand over through Kafka. */
export const workerCommand = defineCommand({
  name: 'worker',
  summary: 'Score the exchanges that gateways hand over through Kafka',
  usage: '[--name NAME]',
  details: `
For gateways with scoring.where: kafka, under the same configuration. Workers of one group share the topic's partitions:
start more to scale, up to one a partition. Findings go to DATABASE_URL, which gateways and workers share, or to a store
of the worker's own, in the folder NAME (default ${DEFAULT_NAME}) within TELLTALE_DATA; two workers on one machine need two
names. Metrics, /healthz and /readyz are at TELLTALE_METRICS_PORT. Ends with SIGTERM or SIGINT, after what is under way; SIGHUP
reads the rules again.`,
  options: { name: { type: 'string', default: DEFAULT_NAME } },
  maxPositionals: 0,
  async run({ values, io }) {
    const { name } = values;
    if (!/^[\w-]{1,64}$/.test(name))
      throw new UsageError(`worker: --name ${name}: not 1 to 64 letters, digits, _ or -`);
    // Only here: no other command needs what a worker is made of.
    const { runWorker } = await import('../worker/run-worker.ts');
    await runWorker(name, io.env);
    return 0;
  },
});
