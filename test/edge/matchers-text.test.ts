import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Matchers } from '../../alerts/index.ts';
import { matchersText } from '../../gateway/sinks/matchers-text.ts';

const cases: [matchers: Matchers, text: string][] = [
  [{ levels: ['high'] }, 'level=high'],
  [{ rules: ['dec*', 'hides'], min_level: 'medium' }, 'rule=dec*|hides level>=medium'],
  [{ tenants: ['acme inc'], tags: ['a=b'] }, 'tag="a=b" tenant="acme inc"'],
  [{ conversations: ['c-1'] }, 'conversation=c-1'],
  [{}, 'every alert'],
];

for (const [matchers, text] of cases) {
  test(`a person reads ${text}`, () => assert.equal(matchersText(matchers), text));
}
