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

test('a range ends now at the latest, so that a replay beside a gateway comes to an end', () => {
  const now = new Date('2027-01-31T18:00:00Z');
  const range = (given: { since?: string; until?: string }) => timeRange('rules replay', given, now);
  assert.deepEqual(range({}), { until: now.toISOString() });
  assert.deepEqual(range({ since: '1d', until: '2027-02-03T00:00:00Z' }), {
    since: '2027-01-30T18:00:00.000Z',
    until: now.toISOString(),
  });
  assert.deepEqual(range({ until: '2h' }), { until: '2027-01-31T16:00:00.000Z' });
  assert.throws(() => range({ since: '1d', until: '2d' }), /--since 1d is not before --until 2d$/);
  for (const until of [{}, { until: '2027-02-03T00:00:00Z' }])
    assert.throws(
      () => range({ since: '2027-02-01T00:00:00Z', ...until }),
      /--since 2027-02-01T00:00:00Z is not before now, 2027-01-31T18:00:00\.000Z$/,
    );
});
