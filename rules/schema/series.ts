import { z } from 'zod';

const MAX_SERIES_TOKENS = 100_000;
const SERIES = /^\s*-?\d+(\.\d+)?(x[1-9]\d*)?(\s+-?\d+(\.\d+)?(x[1-9]\d*)?)*\s*$/;

/** Values of consecutive tokens as they are written: `0x4 5x8 0.5` is four times 0, eight times 5, once 0.5.
 *  No more are given than one over the bound. */
export function parseSeries(text: string): number[] {
  const values: number[] = [];
  for (const item of text.trim().split(/\s+/)) {
    const [value, count = '1'] = item.split('x');
    const room = MAX_SERIES_TOKENS + 1 - values.length;
    for (let i = Math.min(Number(count), room); i > 0; i -= 1) values.push(Number(value));
  }
  return values;
}

const seriesText = z
  .string()
  .max(10_000)
  .regex(SERIES, 'must be values with how often they come, such as "0x4 5x8 0x4"')
  .refine(
    (text) => parseSeries(text).length <= MAX_SERIES_TOKENS,
    `has more than ${MAX_SERIES_TOKENS} tokens`,
  );

/** Made-up values of signals, token by token, by the keys of the signals. */
export const seriesSchema = z
  .record(
    z
      .string()
      .regex(/^(concept|feature|probe)\/.+$/, 'must be a signal such as concept/deception or feature/12'),
    seriesText,
  )
  .refine((series) => Object.keys(series).length > 0, 'must give at least one signal')
  .meta({ minProperties: 1 });
