import { randomUUID } from 'node:crypto';
import type { Matchers } from '../routing/matchers.ts';
import type { Silence } from '../routing/silences.ts';
import type { CountedSilence, HeldBackCount } from '../types.ts';
import type { Query } from './database.ts';
import { nameOf } from './text.ts';

const LIST = `SELECT id, matchers, author, comment, starts_at AS "startsAt", ends_at AS "endsAt",
  coalesce(alerts, 0)::bigint AS "heldBack" FROM silences LEFT JOIN held_back ON silence_id = id
  WHERE ends_at > $1 ORDER BY starts_at DESC, id`;

/** In the order of their ids, so that two replicas that count the same silences wait for each other and not in a ring. */
const COUNT = `INSERT INTO held_back SELECT id, alerts FROM json_to_recordset($1::json) AS r(id text, alerts bigint)
  ORDER BY id ON CONFLICT (silence_id) DO UPDATE SET alerts = held_back.alerts + excluded.alerts`;

const HELD = `SELECT silence_id AS id, alerts FROM held_back WHERE silence_id = ANY($1) ORDER BY silence_id`;

type Row = Omit<CountedSilence, 'matchers'> & { readonly matchers: string };

/** The silences of one database, which all its replicas obey. */
export function createSilences(query: Query) {
  const listSilences = async ({ endsAfter = '' }: { readonly endsAfter?: string }) => {
    const rows = await query<Row>(LIST, [endsAfter]);
    return rows.map((row): CountedSilence => ({ ...row, matchers: JSON.parse(row.matchers) as Matchers }));
  };
  const addSilence = async (given: Omit<Silence, 'id'>): Promise<Silence> => {
    const { matchers, author, comment, startsAt, endsAt } = given;
    const id = randomUUID();
    const values = [id, JSON.stringify(matchers), nameOf(author), nameOf(comment), startsAt, endsAt];
    await query('INSERT INTO silences VALUES ($1, $2, $3, $4, $5, $6)', values);
    return { id, ...given };
  };
  const endSilence = async ({ id, now }: { readonly id: string; readonly now: string }): Promise<boolean> => {
    const sql = 'UPDATE silences SET ends_at = $1 WHERE id = $2 AND ends_at > $1 RETURNING id';
    return (await query(sql, [now, id])).length > 0;
  };
  const countHeldBack = async (counts: readonly HeldBackCount[]): Promise<void> => {
    await query(COUNT, [JSON.stringify(counts)]);
  };
  const heldBack = (ids: readonly string[]) => query<HeldBackCount>(HELD, [ids]);
  return { listSilences, addSilence, endSilence, countHeldBack, heldBack };
}
