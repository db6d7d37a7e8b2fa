import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';

test('passes', () => {});
test('is skipped with a reason', { skip: 'needs a printer' }, () => {});
test('is skipped without a reason', { skip: true }, () => {});
test('is a todo', { todo: true }, () => {});
describe('suite', () => {
  it('passes inside', () => {});
  it('fails inside', () => assert.equal(1, 2));
});
