import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTime, timeRange } from '../../gateway/commands/time-range.ts';

test('a time is ISO 8601 with its zone, of a day that there is', () => {
  for (const [text, time] of [
    ['2027-01-31T18:00:00Z', '2027-01-31T18:00:00.000Z'],
    ['2027-01-31T18:00Z', '2027-01-31T18:00:00.000Z'],
    ['2027-01-31T18:00:00.125+05:30', '2027-01-31T12:30:00.125Z'],
    ['2027-01-31T18:00-08:00', '2027-02-01T02:00:00.000Z'],
  ] as const)
    assert.equal(parseTime(text)?.toISOString(), time, text);
  for (const text of ['', '5Z', '2027-02-31T00:00:00Z', '2027-01-31T18:00:00', '2027-01-31', '1 May 2027 Z'])
    assert.equal(parseTime(text), null, text);
  assert.throws(
    () => timeRange('rules replay', { since: '2027-02-31T00:00:00Z' }, new Date(0)),
    /--since 2027-02-31T00:00:00Z: neither a while/,
  );
});
