import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExchangeRecord } from '../../alerts/index.ts';
import type { Level } from '../../rules/index.ts';
import { exchange, finding, heldBackFinding, ordinary } from './records.ts';
import { until } from './sinks.ts';
import { forEachStore, type TestStore } from './stores.ts';

forEachStore(defineTests);

const ALL = { sink: 'list', limit: 100, exceptConversations: [] };
const LEVELS = ['informational', 'low', 'medium', 'high', 'critical'] as const;

const ofLevel = (level: Level, change: Partial<ExchangeRecord> = {}) =>
  exchange({ findings: [finding({ level })], ...change });

function defineTests(store: TestStore): void {
  test('above the water mark lower levels are left out and counted, high and critical never, and below it nothing', async (t) => {
    const waterMarks = { rows: 6, keepOneIn: 1_000_000_000, everyMs: 0 };
    const { ledger } = await store.open(t, { waterMarks });
    for (let count = 0; count < 6; count += 1) await ledger.commit(ofLevel('low'));
    await until(() => ledger.stats().isAboveMark, 'the store is above its mark');
    const outcomes = [];
    for (const level of LEVELS) outcomes.push((await ledger.commit(ofLevel(level))).outcome);
    outcomes.push((await ledger.commit(ordinary())).outcome);
    assert.deepEqual(outcomes, ['sampled', 'sampled', 'sampled', 'committed', 'committed', 'sampled']);
    assert.deepEqual(ledger.stats().sampled, { informational: 1, low: 1, medium: 1, none: 1 });
    const held = exchange({ verdict: 'block', findings: [heldBackFinding({ level: 'critical' })] });
    assert.equal((await ledger.commit(held)).outcome, 'committed', 'whose alert is held back counts as well');
    const items = await ledger.take(ALL);
    assert.equal(items.length, 8);
    await ledger.settle({ sink: 'list', delivered: items.map(({ seq }) => seq), dead: [] });
    await until(() => !ledger.stats().isAboveMark, 'the store is below its mark again');
    assert.equal((await ledger.commit(ofLevel('low'))).outcome, 'committed');
  });

  test('exchanges that wait to be scored elsewhere are no alerts: for them nothing is left out', async (t) => {
    const waterMarks = { rows: 3, keepOneIn: 1_000_000_000, everyMs: 0 };
    const { ledger } = await store.open(t, { waterMarks });
    for (const id of ['a', 'b', 'c', 'd']) {
      await ledger.unscored.add({ exchangeId: id, conversationId: 'c', body: '{}' });
    }
    await ledger.commit(ofLevel('low'));
    const measured = () => (ledger.stats().pressure?.outboxRows ?? 0) > 0;
    await until(measured, 'the alert is seen');
    assert.equal(ledger.stats().pressure?.outboxRows, 1);
    assert.equal((await ledger.commit(ofLevel('low'))).outcome, 'committed');
  });

  test('what waits is measured for who asks, though nothing more is committed', async (t) => {
    const { ledger } = await store.open(t, { waterMarks: { everyMs: 0 } });
    await ledger.commit(exchange());
    await until(() => ledger.stats().pressure?.outboxRows === 1, 'one waits');
    const items = await ledger.take(ALL);
    await ledger.settle({ sink: 'list', delivered: items.map(({ seq }) => seq), dead: [] });
    await until(() => ledger.stats().pressure?.outboxRows === 0, 'none waits');
    await ledger.close();
    ledger.stats();
    assert.equal(ledger.stats().failures.pressure, 0, 'a closed store is not asked');
  });

  test('above the water mark of bytes one in so many is still recorded', async (t) => {
    const waterMarks = { bytes: 1, keepOneIn: 4, everyMs: 0 };
    const { ledger } = await store.open(t, { waterMarks });
    await ledger.commit(exchange());
    await until(() => ledger.stats().isAboveMark, 'the store is above its mark');
    const outcomes = await Promise.all(Array.from({ length: 200 }, () => ledger.commit(ofLevel('low'))));
    const kept = outcomes.filter(({ outcome }) => outcome === 'committed').length;
    assert.ok(kept > 20 && kept < 90, `${kept} of 200 kept`);
    assert.equal(ledger.stats().sampled.low, 200 - kept);
  });

  test('a bound of the file is a mark of bytes for a file, and none for a database', async (t) => {
    const place = await store.place(t);
    const first = await store.open(t, place);
    await until(() => first.ledger.stats().pressure !== null, 'the store is measured');
    const bytes = first.ledger.stats().pressure?.bytes ?? 0;
    await first.ledger.close();
    const { ledger } = await store.open(t, { ...place, maxBytes: Math.floor(bytes * 1.1) });
    await until(() => ledger.stats().pressure !== null, 'the store is measured');
    assert.equal(ledger.stats().isAboveMark, store.name === 'SQLite');
  });

  test('what is older than its level is kept is removed, but not while an alert of it waits or is a dead letter', async (t) => {
    const place = await store.place(t);
    const first = await store.open(t, place);
    const old = { endedAt: '2020-01-01T00:00:00.000Z' };
    const now = { endedAt: new Date().toISOString() };
    const records = [
      ofLevel('low', { ...old, exchangeId: 'old-low' }),
      ofLevel('high', { ...old, exchangeId: 'old-high' }),
      exchange({ ...old, exchangeId: 'old-held-back', findings: [heldBackFinding()] }),
      ordinary({ ...old, exchangeId: 'old-none' }),
      ofLevel('low', { ...now, exchangeId: 'new-low' }),
      ofLevel('low', { ...old, exchangeId: 'old-waiting', conversationId: 'waits' }),
      ofLevel('low', { ...old, exchangeId: 'old-dead', conversationId: 'dead' }),
    ];
    for (const record of records) await first.ledger.commit(record);
    const items = await first.ledger.take({ ...ALL, exceptConversations: ['waits'] });
    const dead = items.filter(({ payload }) => payload.exchangeId === 'old-dead').map(({ seq }) => seq);
    const delivered = items.map(({ seq }) => seq).filter((seq) => !dead.includes(seq));
    await first.ledger.settle({ sink: 'list', delivered, dead: dead.map((seq) => ({ seq, reason: 'no' })) });
    await first.ledger.close();
    const retentionDays = { none: 1, informational: 1, low: 1, medium: 1, high: null, critical: null };
    const { ledger } = await store.open(t, { ...place, retentionDays });
    await until(() => (ledger.stats().expired.low ?? 0) > 0, 'retention has begun');
    await until(() => (ledger.stats().expired.none ?? 0) > 0, 'retention went on');
    assert.deepEqual(ledger.stats().expired, { low: 1, none: 1 });
    const left = [];
    for (const { exchangeId } of records) if (await ledger.readExchange(exchangeId)) left.push(exchangeId);
    assert.deepEqual(left, ['old-high', 'old-held-back', 'new-low', 'old-waiting', 'old-dead']);
  });
}
