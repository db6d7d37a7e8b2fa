import { z } from 'zod';

/** The words of a condition expression; no condition may be called so. */
export const EXPRESSION_WORDS: readonly string[] = ['and', 'or', 'not', 'of', 'all', 'them'];

/** Name of a condition, a macro or a list. */
export const plainName = z
  .string()
  .regex(/^[a-z][a-z0-9_]*$/, 'must be lower case with digits and underscores')
  .refine((name) => !EXPRESSION_WORDS.includes(name), 'is a word of the condition language');

/** Name of a rule: words joined by hyphens. */
export const hyphenName = z
  .string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be words in lower case joined by hyphens');

const RATE = /^([1-9]\d{0,8})\/([1-9]\d{0,8})$/;

/** A false-alarm rate as it is written. */
export const rateText = z
  .string('must be a rate such as 1/2000')
  .regex(RATE, 'must be a rate such as 1/2000')
  .refine((text) => !(parseRate(text) >= 1), 'must be a rate below 1, such as 1/2000');

/** `1/2000` as a number. */
export function parseRate(text: string): number {
  const [numerator, denominator] = text.split('/').map(Number);
  return (numerator ?? Number.NaN) / (denominator ?? Number.NaN);
}

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const DURATION = /^([1-9]\d{0,6})([smhd])$/;
const MAX_DURATION_MS = 30 * 86_400_000;

/** A length of time as it is written. */
export const durationText = z
  .string('must be a time such as 90s, 10m, 24h or 7d')
  .regex(DURATION, 'must be a time such as 90s, 10m, 24h or 7d')
  .refine((text) => !(parseDuration(text) > MAX_DURATION_MS), 'must be at most 30d');

/** `10m` in milliseconds. */
export function parseDuration(text: string): number {
  return millisecondsIn(DURATION.exec(text));
}

function millisecondsIn(match: RegExpExecArray | null): number {
  const [, count, unit] = match ?? [];
  return Number(count) * (UNIT_MS[unit ?? ''] ?? Number.NaN);
}

const OFFSET = /^(0|[1-9]\d{0,6})([smhd])$/;
const MAX_OFFSET_MS = 366 * 86_400_000;

/** A moment, counted from the beginning of a test. */
export const offsetText = z
  .string('must be a time from the beginning such as 0s, 90s, 5m or 2h')
  .regex(OFFSET, 'must be a time from the beginning such as 0s, 90s, 5m or 2h')
  .refine((text) => !(parseOffset(text) > MAX_OFFSET_MS), 'must be at most 366d');

/** `10m` in milliseconds. */
export function parseOffset(text: string): number {
  return millisecondsIn(OFFSET.exec(text));
}

/** Milliseconds in the largest unit that they are a whole number of. */
export function offsetOf(ms: number): string {
  const unit = (['d', 'h', 'm'] as const).find((one) => ms > 0 && ms % (UNIT_MS[one] ?? 1) === 0) ?? 's';
  return `${ms / (UNIT_MS[unit] ?? 1)}${unit}`;
}
