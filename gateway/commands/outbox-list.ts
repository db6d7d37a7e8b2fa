import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { createLedger, type OutboxDepth, type OutboxItem } from '../../alerts/index.ts';
import { loadConfig } from '../config/load-config.ts';
import { type Call, CommandFailure, defineCommand, UsageError, writeJson } from './command.ts';
import { formatTable } from './table.ts';

const SINKS = ['file', 'kafka'] as const;
const DEFAULT_LIMIT = 20;

const options = {
  sink: { type: 'string' },
  limit: { type: 'string', default: String(DEFAULT_LIMIT) },
  json: { type: 'boolean' },
} as const;

interface SinkListing extends OutboxDepth {
  readonly sink: string;
  readonly waiting: readonly OutboxItem[];
}

/** `telltale outbox list`: the alerts that have not reached their sink yet. It changes nothing. */
export const outboxListCommand = defineCommand({
  name: 'outbox list',
  summary: 'Show the alerts that wait for delivery',
  usage: `[--sink ${SINKS.join('|')}] [--limit N] [--json]`,
  details: `
The oldest waiting alerts of each sink (${SINKS.join(', ')}), at most N of each (default ${DEFAULT_LIMIT}), with the depth of the
outbox and the number of dead letters, from the store under TELLTALE_DATA.`,
  options,
  maxPositionals: 0,
  run: listOutbox,
});

async function listOutbox({ values, io }: Call<typeof options>): Promise<number> {
  const limit = Number(values.limit);
  if (!Number.isInteger(limit) || limit < 0)
    throw new UsageError(`outbox list: --limit ${values.limit}: not a number`);
  const sinks = SINKS.filter((sink) => values.sink === undefined || sink === values.sink);
  if (sinks.length === 0) {
    throw new UsageError(`outbox list: unknown sink ${values.sink}; known: ${SINKS.join(', ')}`);
  }
  const listings = await readOutbox(loadConfig(io.env).data, sinks, limit);
  if (values.json) writeJson(io, { sinks: listings });
  else io.stdout.write(listings.map(describe).join('\n'));
  return 0;
}

async function readOutbox(dataDir: string, sinks: readonly string[], limit: number): Promise<SinkListing[]> {
  const file = join(dataDir, 'telltale.db');
  await access(file).catch((cause) => {
    throw new CommandFailure(`there is no store at ${file}; TELLTALE_DATA names its folder`, { cause });
  });
  const ledger = await createLedger({ dataDir, sinks: [] });
  try {
    return await Promise.all(
      sinks.map(async (sink) => ({
        sink,
        ...(await ledger.depth(sink)),
        waiting: await ledger.take({ sink, limit, exceptConversations: [] }),
      })),
    );
  } finally {
    await ledger.close();
  }
}

function describe({ sink, depth, oldestQueuedAt, dead, waiting }: SinkListing): string {
  const since = oldestQueuedAt === null ? '' : `, the oldest since ${oldestQueuedAt}`;
  const head = `${sink}: ${depth} waiting${since}; ${dead} dead\n`;
  const rows = waiting.map(({ seq, alert }) => [
    `  ${seq}`,
    alert.createdAt,
    alert.finding.level,
    alert.finding.ruleName,
    alert.conversationId,
  ]);
  return rows.length === 0 ? head : head + formatTable(rows);
}
