import { z } from 'zod';

/** One of several words, each with what it means, which editors show beside it. */
export function describedEnum<const Words extends Readonly<Record<string, string>>>(words: Words) {
  const names = Object.keys(words) as (keyof Words & string)[];
  return z.enum(names).meta({ enumDescriptions: Object.values(words) });
}
