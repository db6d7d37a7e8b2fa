import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { Silence } from '../routing/silences.ts';
import type { CountedSilence, HeldBackCount } from '../types.ts';

/** The silences of one database. */
export interface Silences {
  listSilences(query: { readonly endsAfter?: string }): readonly CountedSilence[];
  addSilence(silence: Omit<Silence, 'id'>): Silence;
  endSilence(ending: { readonly id: string; readonly now: string }): boolean;
  countHeldBack(counts: readonly HeldBackCount[]): void;
  heldBack(ids: readonly string[]): readonly HeldBackCount[];
}

const LIST = `SELECT id, matchers, author, comment, starts_at AS startsAt, ends_at AS endsAt,
  coalesce(alerts, 0) AS heldBack FROM silences LEFT JOIN held_back ON silence_id = id
  WHERE ends_at > ? ORDER BY starts_at DESC, id`;

const COUNT = `INSERT INTO held_back SELECT value ->> 'id', value ->> 'alerts' FROM json_each(?) WHERE true
  ON CONFLICT (silence_id) DO UPDATE SET alerts = alerts + excluded.alerts`;

const HELD = `SELECT silence_id AS id, alerts FROM held_back
  WHERE silence_id IN (SELECT value FROM json_each(?)) ORDER BY silence_id`;

type Row = Omit<CountedSilence, 'matchers'> & { readonly matchers: string };

/** Prepares the statements of one connection. */
export function createSilences(database: DatabaseSync): Silences {
  const list = database.prepare(LIST);
  const insert = database.prepare('INSERT INTO silences VALUES (?, ?, ?, ?, ?, ?)');
  const end = database.prepare('UPDATE silences SET ends_at = ? WHERE id = ? AND ends_at > ?');
  const count = database.prepare(COUNT);
  const held = database.prepare(HELD);
  return {
    listSilences: ({ endsAfter = '' }) =>
      (list.all(endsAfter) as unknown as Row[]).map((row) => ({
        ...row,
        matchers: JSON.parse(row.matchers),
      })),
    addSilence(given) {
      const { matchers, author, comment, startsAt, endsAt } = given;
      const id = randomUUID();
      insert.run(id, JSON.stringify(matchers), author, comment, startsAt, endsAt);
      return { id, ...given };
    },
    endSilence: ({ id, now }) => Number(end.run(now, id, now).changes) > 0,
    countHeldBack(counts) {
      count.run(JSON.stringify(counts));
    },
    heldBack: (ids) =>
      held.all(JSON.stringify(ids)).map((row) => ({ id: String(row['id']), alerts: Number(row['alerts']) })),
  };
}
