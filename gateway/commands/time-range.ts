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

/** The range that `--since` and `--until` name: each a while before now, as 7d, or a time with its zone.
 *  @throws {UsageError} naming the option and what it was */
export function timeRange(
  command: string,
  given: { readonly since?: string | undefined; readonly until?: string | undefined },
  now: Date,
): KeptRange {
  const { since, until } = given;
  const range: KeptRange = {
    ...(since === undefined ? {} : { since: momentOf(`${command}: --since ${since}`, since, now) }),
    ...(until === undefined ? {} : { until: momentOf(`${command}: --until ${until}`, until, now) }),
  };
  if (range.since !== undefined && range.until !== undefined && range.since >= range.until) {
    throw new UsageError(`${command}: --since ${since} is not before --until ${until}`);
  }
  return range;
}

/** Up to when it is known what came in a range. */
export function rangeEnd({ until }: KeptRange, now: Date): Date {
  return until === undefined || new Date(until) > now ? now : new Date(until);
}

/** ISO 8601 with its zone. `Date` by itself takes 31 February for 3 March, and 5Z for a day in May.
 *  @returns null where it is no time */
export function parseTime(text: string): Date | null {
  const whole = text.replace(/(T\d\d:\d\d)(?=Z|[+-])/, '$1:00');
  return z.iso.datetime({ offset: true }).safeParse(whole).success ? new Date(whole) : null;
}

function momentOf(where: string, text: string, now: Date): string {
  const [, count, unit = ''] = /^(\d{1,6})([smhdw])$/.exec(text) ?? [];
  if (count !== undefined)
    return new Date(now.getTime() - Number(count) * (UNITS_MS[unit] ?? 0)).toISOString();
  const time = parseTime(text);
  if (time !== null) return time.toISOString();
  throw new UsageError(
    `${where}: neither a while as 12h, 7d or 4w, nor a time with its zone as 2027-01-31T18:00:00Z`,
  );
}
