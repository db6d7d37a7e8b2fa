import type { Alert } from '../types.ts';
import { isMatch, type Matchers } from './matchers.ts';

/** Alerts that reach no sink for a while, though they are recorded and shown. Someone answers for it. */
export interface Silence {
  readonly id: string;
  readonly matchers: Matchers;
  readonly author: string;
  readonly comment: string;
  /** ISO 8601. */
  readonly startsAt: string;
  readonly endsAt: string;
}

/** The silences that hold now. */
export interface SilenceBook {
  /** The first that holds for the alert, or null. */
  find(alert: Alert): Silence | null;
}

/** A book of these. @param current - read at every question, so that it may change */
export function createSilenceBook(
  current: () => readonly Silence[],
  now: () => number = Date.now,
): SilenceBook {
  return {
    find: (alert) =>
      current().find((silence) => holds(silence, now()) && isMatch(silence.matchers, alert)) ?? null,
  };
}

/** Whether a silence has begun and not ended. */
export function holds({ startsAt, endsAt }: Silence, now: number): boolean {
  return Date.parse(startsAt) <= now && now < Date.parse(endsAt);
}
