import { test } from 'node:test';

test('passes, but the process never ends', () => {});
setInterval(() => {}, 1000);
