import { test } from 'node:test';

process.on('SIGTERM', () => {});
test('never lets go of its thread', () => {
  for (;;);
});
