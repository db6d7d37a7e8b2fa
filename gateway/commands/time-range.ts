import { z } from 'zod';
import type { KeptRange } from '../../alerts/index.ts';
import { UsageError } from './command.ts';

const UNITS_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** A range that has an end, so that whoever reads it beside a gateway comes to one. */
export type EndedRange = KeptRange & { readonly until: string };

/** The range that `--since` and `--until` name: each a while before now, as 7d, or a time with its zone. It ends now at the
 *  latest: what comes meanwhile is not in it.
 *  @throws {UsageError} naming the option and what it was */
export function timeRange(
  command: string,
  given: { readonly since?: string | undefined; readonly until?: string | undefined },
  now: Date,
): EndedRange {
  const { since, until } = given;
  const from = since === undefined ? undefined : momentOf(`${command}: --since ${since}`, since, now);
  const to = until === undefined ? now : momentOf(`${command}: --until ${until}`, until, now);
  const end = to > now ? now : to;
  if (from !== undefined && from >= end) {
    const what = to > now || until === undefined ? `now, ${now.toISOString()}` : `--until ${until}`;
    throw new UsageError(`${command}: --since ${since} is not before ${what}`);
  }
  return { ...(from !== undefined && { since: from.toISOString() }), until: end.toISOString() };
}

/** ISO 8601 with its zone. `Date` by itself takes 31 February for 3 March, and 5Z for a day in May.
 *  @returns null where it is no time */
export function parseTime(text: string): Date | null {
  const whole = text.replace(/(T\d\d:\d\d)(?=Z|[+-])/, '$1:00');
  return z.iso.datetime({ offset: true }).safeParse(whole).success ? new Date(whole) : null;
}

function momentOf(where: string, text: string, now: Date): Date {
  const [, count, unit = ''] = /^(\d{1,6})([smhdw])$/.exec(text) ?? [];
  if (count !== undefined) return new Date(now.getTime() - Number(count) * (UNITS_MS[unit] ?? 0));
  const time = parseTime(text);
  if (time !== null) return time;
  throw new UsageError(
    `${where}: neither a while as 12h, 7d or 4w, nor a time with its zone as 2027-01-31T18:00:00Z`,
  );
}
