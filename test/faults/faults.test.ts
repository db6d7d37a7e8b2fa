import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReadMessage } from '../alerts/topic-reader.ts';
import type { Sent } from './driver.ts';
import { judge } from './judge.ts';
import { holdsThrough } from './short-campaign.ts';

test('through faults of gateways, store, disk, clock and broker nothing acknowledged is lost', async (t) => {
  const own = { gateway_killed: 1, store_locked: 1, disk_filled: 1, clock_stepped: 1 };
  await holdsThrough(t, 'SQLite', { ...own, broker_killed: 1, broker_slow: 1, connections_cut: 1 });
});

const sentOne = (serial: number, change: Partial<Sent> = {}): Sent => ({
  serial,
  conversation: 'c',
  answer: `answer ${serial} I deceive you`,
  isExpected: true,
  isAcknowledged: true,
  exchangeId: `e${serial}`,
  ...change,
});

const message = ({ serial, conversation, answer, exchangeId }: Sent, id = `id${serial}`): ReadMessage => ({
  key: conversation,
  at: 0,
  headers: { ce_id: id },
  value: JSON.stringify({
    finding_info: { uid: id },
    evidences: [{ data: { excerpt: answer } }],
    unmapped: { exchange_id: exchangeId, conversation_id: conversation },
  }),
});

const record = (...sent: Sent[]) => new Map(sent.map((one) => [one.serial, one]));

test('the judge finds what is missing, made up, altered, doubled or out of order', () => {
  const [a, b] = [sentOne(1), sentOne(2)];
  const clean = judge(record(a, b), [message(a), message(b)]);
  assert.deepEqual(clean, {
    acknowledged: 2,
    expected_alerts: 2,
    missing: 0,
    ghosts: 0,
    duplicates: 0,
    altered: 0,
    out_of_order: 0,
    unacknowledged_alerts: 0,
  });
  assert.equal(judge(record(a, b), [message(a)]).missing, 1);
  assert.equal(judge(record(a), [message(a), message(b)]).ghosts, 1);
  assert.equal(judge(record(a), [message(a), message(a, 'other')]).ghosts, 1, 'one exchange, two ids');
  assert.equal(judge(record(sentOne(1, { isExpected: false })), [message(a)]).ghosts, 1);
  assert.equal(judge(record(a), [message(a), message(a)]).duplicates, 1);
  assert.equal(judge(record(a), [message({ ...a, exchangeId: 'x' })]).altered, 1);
  assert.equal(judge(record(a), [message({ ...a, answer: 'answer 1 else' })]).altered, 1);
  assert.equal(judge(record(a, b), [message(b), message(a)]).out_of_order, 1);
  const lost = sentOne(1, { isAcknowledged: false, exchangeId: null });
  assert.equal(judge(record(lost), []).missing, 0);
  assert.equal(judge(record(lost), [message(a)]).unacknowledged_alerts, 1);
});
