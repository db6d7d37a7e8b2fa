import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { z } from 'zod';
import type { Committed } from '../types.ts';
import { connectionOf, type PostgresOptions, type Query } from './database.ts';

/** Tells the replicas of one database what the others commit: their relays wake and their review pages follow. It is a
 *  hint only; whoever misses it looks by itself a little later. */
export interface News {
  /** Inside the transaction that commits: it is told with the commit, or not at all. */
  tell(query: Query, committed: readonly Committed[]): Promise<void>;
  close(): Promise<void>;
}

/** What news need. */
export interface NewsParts extends PostgresOptions {
  /** This replica: what it told itself it does not hear again. */
  readonly owner: string;
  onCommitted(committed: Committed): void;
  /** The connection was lost or could not be made, or something was said that is not news. */
  onFailure(task: 'news'): void;
}

const CHANNEL = 'telltale_committed';

/** Whoever may connect to the database may say anything in the channel. */
const toldSchema = z.object({
  owner: z.string(),
  committed: z.array(
    z.object({ exchangeId: z.string(), cursor: z.number(), isFlagged: z.boolean(), alerts: z.number() }),
  ),
});

const RECONNECT_MS = 1000;
const END_MS = 1000;
/** The server takes less than 8,000 bytes; one exchange needs about 120. */
const MAX_TOLD = 40;

/** Listens from now on, and again after each loss of the connection. */
export function createNews(parts: NewsParts): News {
  let client: Client | undefined;
  const closing = new AbortController();
  const closed = new Promise<void>((resolve) => {
    closing.signal.addEventListener('abort', () => resolve());
  });
  const hear = (payload = ''): void => {
    const told = readTold(payload);
    if (told === null) parts.onFailure('news');
    else if (told.owner !== parts.owner) for (const one of told.committed) parts.onCommitted(one);
  };
  const listen = async (): Promise<void> => {
    const { connectionTimeoutMillis: _, ...connection } = connectionOf(parts);
    client = new Client({ ...connection, connectionTimeoutMillis: parts.statementTimeoutMs });
    const lost = new Promise<void>((resolve) => {
      client?.on('error', () => resolve()).on('end', () => resolve());
    });
    client.on('notification', ({ payload }) => hear(payload));
    await Promise.race([client.connect(), closed]);
    if (closing.signal.aborted) return;
    await Promise.race([client.query(`LISTEN ${CHANNEL}`), closed]);
    await Promise.race([lost, closed]);
  };
  const end = async (): Promise<void> => {
    // A connection that is still being made may never say that it has ended.
    const patience = sleep(END_MS, undefined, { ref: false });
    // What cannot be ended is gone already.
    await Promise.race([client?.end().catch(() => {}), patience]);
  };
  const run = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      await listen().catch(() => {});
      if (!closing.signal.aborted) parts.onFailure('news');
      await end();
      await sleep(RECONNECT_MS, undefined, { signal: closing.signal, ref: false }).catch(() => {});
    }
  };
  const running = run();
  const tell = async (query: Query, committed: readonly Committed[]): Promise<void> => {
    const told = committed.filter(({ isFlagged }) => isFlagged);
    const sent: Promise<unknown>[] = [];
    for (let from = 0; from < told.length; from += MAX_TOLD) {
      const payload = JSON.stringify({ owner: parts.owner, committed: told.slice(from, from + MAX_TOLD) });
      sent.push(query('SELECT pg_notify($1, $2)', [CHANNEL, payload]));
    }
    await Promise.all(sent);
  };
  const close = async (): Promise<void> => {
    closing.abort();
    await running;
  };
  return { tell, close };
}

/** Null for what is not news. */
function readTold(payload: string): z.infer<typeof toldSchema> | null {
  try {
    return toldSchema.parse(JSON.parse(payload));
  } catch {
    return null;
  }
}
