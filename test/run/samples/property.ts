import { test } from 'node:test';
import fc from 'fast-check';

test('prints its cases', () => {
  const cases: number[] = [];
  fc.assert(
    fc.property(fc.nat(), (one) => void cases.push(one)),
    { numRuns: 20 },
  );
  process.stdout.write(`${cases.join()}\n`);
});
