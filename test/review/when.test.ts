import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fullTime, shortTime } from '../../review/web/src/text/when.ts';

const NOW = new Date(2026, 10, 27, 12, 0, 0).getTime();
const MINUTE = 60_000;
const ago = (ms: number): string => new Date(NOW - ms).toISOString();

const times: [ago: number, expected: RegExp][] = [
  [0, /^just now$/],
  [4 * MINUTE, /^4 min$/],
  [3 * 60 * MINUTE, /^09:00$/],
  [26 * 60 * MINUTE, /^26 Nov$/],
  [400 * 24 * 60 * MINUTE, /^23 Oct 2025$/],
];

for (const [ms, expected] of times) {
  test(`what was ${ms / MINUTE} minutes ago reads ${expected.source}`, () => {
    assert.match(shortTime(ago(ms), NOW), expected);
  });
}

test('a time in full names the zone in which it is told', () => {
  const zone = new Intl.DateTimeFormat('en-GB', { timeZoneName: 'short' })
    .formatToParts(NOW)
    .find(({ type }) => type === 'timeZoneName')?.value;
  assert.equal(fullTime(ago(0)), `27 Nov 2026, 12:00:00 ${zone}`);
});
