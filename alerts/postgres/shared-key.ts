import type { Query } from './database.ts';

const NAME = 'identity';

/** The key of all gateways of this database. The one that is given becomes it where there is none yet; of gateways that
 *  start together one brings it and the others wait for that. */
export async function sharedKey(query: Query, own: Uint8Array): Promise<Uint8Array> {
  const bytes = Buffer.from(own);
  await query('INSERT INTO keys (name, bytes) VALUES ($1, $2) ON CONFLICT DO NOTHING', [NAME, bytes]);
  const [row] = await query<{ bytes: Buffer }>('SELECT bytes FROM keys WHERE name = $1', [NAME]);
  return row?.bytes ?? bytes;
}
