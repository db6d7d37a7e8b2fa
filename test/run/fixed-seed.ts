import { readFileSync } from 'node:fs';

/** Loaded before each test file: its properties are checked with the same cases each time, so that a change is judged by
 *  what it changes and not by luck. `TELLTALE_TEST_SEED` is another seed, or `random` for a new one each time, to look
 *  further; a file run by itself with `node --test` draws new cases as well. */
const SEED = 20_261_126;

const given = process.env['TELLTALE_TEST_SEED'] ?? '';
const [, file = ''] = process.argv;
// Loading fast-check takes longer than many a file.
if (given !== 'random' && readFileSync(file, 'utf8').includes("from 'fast-check'")) {
  const seed = given === '' ? SEED : Number(given);
  if (!Number.isInteger(seed))
    throw new Error(`TELLTALE_TEST_SEED is "${given}": neither an integer nor random`);
  const { default: fc } = await import('fast-check');
  fc.configureGlobal({ seed });
}
