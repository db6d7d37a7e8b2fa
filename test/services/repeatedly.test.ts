import assert from 'node:assert/strict';
import { test } from 'node:test';
import { repeatedly } from './repeatedly.ts';

test('what fails for a moment is done again, and its result given', () => {
  let attempts = 0;
  const result = repeatedly('a download', () => {
    attempts += 1;
    if (attempts < 3) throw new Error('no route');
    return 'here';
  }, [1, 1, 1]);
  assert.deepEqual([result, attempts], ['here', 3]);
});

test('what keeps failing is an error that names it, after as many attempts as there are pauses and one', () => {
  let attempts = 0;
  const failing = () => {
    attempts += 1;
    throw new Error('no route');
  };
  assert.throws(() => repeatedly('a download', failing, [1, 1]), { message: 'a download: no route' });
  assert.equal(attempts, 3);
});
