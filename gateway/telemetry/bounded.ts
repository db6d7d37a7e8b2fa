import type { Attributes } from '@opentelemetry/api';

/** UTF-16 units of a name; callers and upstreams choose names, and some are megabytes. */
const MAX_NAME = 512;
const MAX_LISTED = 64;

/** The beginning of a name that is longer than a span needs. */
export function boundedName(name: string): string {
  return name.length <= MAX_NAME ? name : `${name.slice(0, MAX_NAME - 1)}…`;
}

/** Attributes whose texts and lists are bounded. */
export function bounded(attributes: Attributes): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).map(([key, value]) => {
      if (typeof value === 'string') return [key, boundedName(value)];
      if (!Array.isArray(value)) return [key, value];
      const listed = value.slice(0, MAX_LISTED);
      return [key, listed.map((one) => (typeof one === 'string' ? boundedName(one) : one))];
    }),
  ) as Attributes;
}
