import {
  type Alert,
  type DeadLetter,
  type Ledger,
  type OutboxDepth,
  SCORING_SINK,
  STORE_SINK,
} from '../../alerts/index.ts';
import { loadConfig } from '../config/load-config.ts';
import { sinkNames } from '../sinks/create-sinks.ts';
import { type Call, defineCommand, UsageError, writeJson } from './command.ts';
import { formatTable } from './table.ts';
import { useDesk } from './use-desk.ts';

const DEFAULT_LIMIT = 20;

const options = {
  sink: { type: 'string' },
  limit: { type: 'string', default: String(DEFAULT_LIMIT) },
  dead: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

interface SinkListing extends OutboxDepth {
  readonly sink: string;
  /** Of exchanges that wait to be scored only the number is told. */
  readonly waiting: readonly { readonly seq: number; readonly alert: Alert }[];
  readonly letters?: readonly DeadLetter[];
}

/** `telltale outbox list`: the alerts that have not reached their sink yet. It changes nothing. */
export const outboxListCommand = defineCommand({
  name: 'outbox list',
  summary: 'Show the alerts that wait for delivery, and dead letters',
  usage: '[--sink NAME] [--limit N] [--dead] [--json]',
  details: `
The oldest waiting alerts of each sink of the configuration, and of those for which the store still holds some, at most N
of each (default ${DEFAULT_LIMIT}), with the depth of the outbox and the number of dead letters, from the store under TELLTALE_DATA or at
DATABASE_URL; under the name ${SCORING_SINK} how many exchanges wait for the workers' topic, where they are scored elsewhere. With
--dead also the dead letters: alerts that a sink rejected, under the name ${STORE_SINK} exchanges that the store could not write, and under
${SCORING_SINK} those that could not be scored. telltale outbox retry and telltale outbox drop work them off by their number.`,
  options,
  maxPositionals: 0,
  run: listOutbox,
});

async function listOutbox({ values, io }: Call<typeof options>): Promise<number> {
  const limit = Number(values.limit);
  if (!Number.isInteger(limit) || limit < 0)
    throw new UsageError(`outbox list: --limit ${values.limit}: not a number`);
  const config = loadConfig(io.env);
  const listings = await useDesk(config, async (desk) => {
    const known = [...sinkNames(config), ...(await desk.sinksWithRows())];
    const sinks = chosenSinks(known, values.sink, values.dead === true);
    return Promise.all(
      sinks.map(
        async (sink): Promise<SinkListing> => ({
          sink,
          ...(await depthOf(desk, sink)),
          waiting: (await desk.waiting({ sink, limit })).map(({ seq, payload: alert }) => ({ seq, alert })),
          ...(values.dead ? { letters: await desk.deadLetters({ sink, limit }) } : {}),
        }),
      ),
    );
  });
  const isNamed = values.sink !== undefined || config.scoring.where === 'kafka';
  const shown = listings.filter(
    ({ sink, depth, dead }) => sink !== SCORING_SINK || isNamed || depth + dead > 0,
  );
  if (values.json) writeJson(io, { sinks: shown });
  else io.stdout.write(shown.map(describe).join('\n'));
  return 0;
}

function depthOf(desk: Ledger, sink: string): Promise<OutboxDepth> {
  return sink === SCORING_SINK ? desk.unscored.depth(sink) : desk.depth(sink);
}

/** Exchanges that the store could not write, or that are to be scored elsewhere, stand under names of their own. */
function chosenSinks(known: readonly string[], wanted: string | undefined, withDead: boolean): string[] {
  const sinksOnly = new Set([...known.filter((sink) => sink !== STORE_SINK), SCORING_SINK]);
  const all = withDead ? [...sinksOnly, STORE_SINK] : [...sinksOnly];
  const sinks = all.filter((sink) => wanted === undefined || sink === wanted);
  if (sinks.length > 0) return sinks;
  throw new UsageError(`outbox list: unknown sink ${wanted}; known: ${all.join(', ')}`);
}

function describe({ sink, depth, oldestQueuedAt, dead, waiting, letters = [] }: SinkListing): string {
  const since = oldestQueuedAt === null ? '' : `, the oldest since ${oldestQueuedAt}`;
  const head = `${sink}: ${depth} waiting${since}; ${dead} dead\n`;
  const rows = waiting.map(({ seq, alert }) => [
    `  ${seq}`,
    alert.createdAt,
    alert.finding.level,
    alert.finding.ruleName,
    alert.conversationId,
  ]);
  const deadRows = letters.map((letter) => [
    `  dead ${letter.seq}`,
    letter.diedAt,
    letter.exchangeId,
    letter.reason,
  ]);
  return [rows, deadRows].reduce(
    (text, table) => (table.length === 0 ? text : text + formatTable(table)),
    head,
  );
}
