import { createPostgresDatabase } from '../postgres/database.ts';
import { createLeases } from '../postgres/leases.ts';
import { createOutbox } from '../postgres/outbox.ts';
import type { OutboxServer } from '../types.ts';
import type { OutboxReader, ReaderParts } from './outbox-reader.ts';

/** Reads what it holds leases for, which it gives back when it is closed. */
export function createServerReader({ place, owner, onFailure }: ReaderParts<OutboxServer>): OutboxReader {
  const database = createPostgresDatabase(place);
  const leases = createLeases({ database, owner, leaseMs: place.leaseMs, onFailure });
  const { take } = createOutbox({ database, leases, owner, content: place.content });
  return {
    take,
    async close() {
      // What is not given back ends by itself.
      await leases.release().catch(() => {});
      await database.close();
    },
  };
}
