import { BUCKETS } from '../bucket.ts';
import type { PostgresDatabase, Query } from './database.ts';

/** Deals the outbox of each sink out to the relays that are alive, bucket by bucket, so that one conversation's alerts
 *  are brought by one relay at a time. A lease ends by itself when its relay no longer renews it; times are the
 *  database's. Should a relay go on after its lease has ended, alerts may come twice, yet none comes first before an
 *  earlier one of its conversation: each relay begins at the oldest that is not struck off. */
export interface Leases {
  /** Renews this relay's leases of a sink, takes free ones up to its share and gives back what exceeds it. */
  hold(sink: string): Promise<void>;
  /** Gives back everything. */
  release(): Promise<void>;
}

/** What leases need. */
export interface LeaseParts {
  readonly database: PostgresDatabase;
  /** This relay. */
  readonly owner: string;
  /** How long a lease holds without being renewed. */
  readonly leaseMs: number;
  /** Leases could not be renewed. */
  onFailure(task: 'leases'): void;
}

const SEEN = `INSERT INTO relays VALUES ($1, $2, now()) ON CONFLICT (sink, owner) DO UPDATE SET seen_at = now()`;

const FORGET = `DELETE FROM relays WHERE seen_at < now() - $1 * interval '2 milliseconds'`;

const SHARE = `SELECT ceil(${BUCKETS}.0 / count(*))::int AS share FROM relays
  WHERE sink = $1 AND seen_at > now() - $2 * interval '1 millisecond'`;

const RENEW = `UPDATE leases SET expires_at = now() + $3 * interval '1 millisecond' WHERE sink = $1 AND owner = $2
  RETURNING bucket`;

const TAKE = `INSERT INTO leases
  SELECT $1, free.bucket, $2, now() + $3 * interval '1 millisecond' FROM generate_series(0, ${BUCKETS - 1}) AS free(bucket)
  WHERE NOT EXISTS (SELECT FROM leases l WHERE l.sink = $1 AND l.bucket = free.bucket AND l.expires_at > now())
  ORDER BY free.bucket LIMIT $4
  ON CONFLICT (sink, bucket) DO UPDATE SET owner = excluded.owner, expires_at = excluded.expires_at
  WHERE leases.expires_at <= now()`;

const GIVE_BACK = `DELETE FROM leases WHERE sink = $1 AND owner = $2 AND bucket = ANY($3)`;

/** Nothing is leased yet. While there are leases they are renewed by themselves. */
export function createLeases({ database, owner, leaseMs, onFailure }: LeaseParts): Leases {
  const heldAt = new Map<string, number>();
  const renewals = new Set<Promise<void>>();
  const renewEveryMs = leaseMs / 3;
  let timer: NodeJS.Timeout | undefined;
  let isReleased = false;

  const dealOutOnce = async (sink: string): Promise<void> => {
    const startedAt = performance.now();
    await database.transaction((query) => dealOut(query, { sink, owner, leaseMs }));
    heldAt.set(sink, startedAt);
  };
  const renew = (sink: string): Promise<void> => {
    const renewal = dealOutOnce(sink).finally(() => renewals.delete(renewal));
    renewals.add(renewal);
    return renewal;
  };
  // What cannot be renewed now is renewed at the next turn, or ends and is taken by another relay.
  const renewAll = (): void => {
    for (const sink of heldAt.keys()) renew(sink).catch(() => onFailure('leases'));
  };
  const hold = async (sink: string): Promise<void> => {
    if (isReleased) return;
    timer ??= setInterval(renewAll, renewEveryMs).unref();
    const isFresh = performance.now() - (heldAt.get(sink) ?? -Infinity) < renewEveryMs;
    if (!isFresh) await renew(sink);
  };
  const release = async (): Promise<void> => {
    isReleased = true;
    clearInterval(timer);
    // One that is under way would take leases again after they were given back.
    await Promise.allSettled(renewals);
    if (heldAt.size === 0) return;
    await database.query('DELETE FROM leases WHERE owner = $1', [owner]);
    await database.query('DELETE FROM relays WHERE owner = $1', [owner]);
  };
  return { hold, release };
}

interface Dealing {
  readonly sink: string;
  readonly owner: string;
  readonly leaseMs: number;
}

async function dealOut(query: Query, { sink, owner, leaseMs }: Dealing): Promise<void> {
  await query(SEEN, [sink, owner]);
  await query(FORGET, [leaseMs]);
  const [row] = await query<{ share: number }>(SHARE, [sink, leaseMs]);
  const share = row?.share ?? BUCKETS;
  const held = (await query<{ bucket: number }>(RENEW, [sink, owner, leaseMs])).map(({ bucket }) => bucket);
  if (held.length > share) await query(GIVE_BACK, [sink, owner, held.slice(share)]);
  if (held.length < share) await query(TAKE, [sink, owner, leaseMs, share - held.length]);
}
