import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alertsOf, type Committed } from '../../alerts/index.ts';
import { until } from '../gateway/until.ts';
import { exchange, finding, heldBackFinding, ordinary } from './records.ts';
import { forEachStore, type TestStore } from './stores.ts';

forEachStore(defineTests);

function defineTests(store: TestStore): void {
  test('a committed exchange is read back as it was', async (t) => {
    const { ledger } = await store.open(t);
    const record = exchange();
    const outcome = await ledger.commit(record);
    assert.equal(outcome.outcome, 'committed');
    const stored = await ledger.readExchange(record.exchangeId);
    assert.ok(stored);
    const { cursor, level, review, findings, ...rest } = stored;
    const { findings: expected, ...recorded } = record;
    assert.deepEqual(rest, recorded);
    assert.deepEqual([cursor, level, review], [1, 'high', null]);
    assert.deepEqual(
      findings.map((stored) => stored.finding),
      expected,
    );
    assert.equal(findings[0]?.excerpt, record.segments[0]?.text);
  });

  test('what is committed is in the file for another process, with one outbox row per alert and sink', async (t) => {
    const { ledger, place } = await store.open(t, { sinks: ['file', 'kafka'] });
    const record = exchange();
    const outcome = await ledger.commit(record);
    assert.deepEqual(
      outcome.outcome === 'committed' && outcome.alertIds,
      alertsOf(record).map(({ id }) => id),
    );
    const rows = await store.rows(place, 'SELECT sink, alert_id AS id FROM outbox ORDER BY sink');
    const id = alertsOf(record)[0]?.id;
    assert.deepEqual(rows, [
      { sink: 'file', id },
      { sink: 'kafka', id },
    ]);
  });

  test('the same exchange twice is recorded once, with the same alerts', async (t) => {
    const { ledger } = await store.open(t);
    const record = exchange();
    const [first, second] = await Promise.all([ledger.commit(record), ledger.commit(record)]);
    assert.deepEqual(first, second);
    assert.equal((await ledger.take({ sink: 'list', limit: 10, exceptConversations: [] })).length, 1);
  });

  test('exchanges that wait together share transactions of at most 64', async (t) => {
    const { ledger } = await store.open(t);
    const outcomes = await Promise.all(Array.from({ length: 200 }, () => ledger.commit(ordinary())));
    assert.ok(outcomes.every(({ outcome }) => outcome === 'committed'));
    const { transactions, committed } = ledger.stats();
    assert.equal(committed, 200);
    assert.ok(transactions >= 4 && transactions <= 8, `${transactions} transactions`);
  });

  test('texts and findings come back as they were, whatever characters are in them', async (t) => {
    const { ledger } = await store.open(t);
    const text = 'a NUL \0, quotes \' " \\ {}, a brace, 数学 and 😀: all of it stays as it was written.';
    const [segment] = exchange().segments;
    assert.ok(segment);
    const found = finding({ ruleTitle: text, span: { start: 0, end: 9 } });
    const record = exchange({ segments: [{ ...segment, text }], findings: [found], subject: 's-1' });
    assert.equal((await ledger.commit(record)).outcome, 'committed');
    const stored = await ledger.readExchange(record.exchangeId);
    assert.equal(stored?.segments[0]?.text, text);
    assert.equal(stored?.subject, 's-1');
    assert.equal(stored?.findings[0]?.excerpt, text);
    assert.deepEqual(stored?.findings[0]?.finding, found);
    const [waiting] = await ledger.take({ sink: 'list', limit: 9, exceptConversations: [] });
    assert.deepEqual(waiting?.payload, alertsOf(record)[0]);
  });

  test('numbers grow in the order of commits, and the outbox keeps it', async (t) => {
    const { ledger } = await store.open(t);
    const records = Array.from({ length: 150 }, () => exchange());
    const outcomes = await Promise.all(records.map(ledger.commit));
    const cursors = outcomes.map((outcome) => (outcome.outcome === 'committed' ? outcome.cursor : -1));
    assert.deepEqual(
      cursors,
      cursors.toSorted((a, b) => a - b),
    );
    const items = await ledger.take({ sink: 'list', limit: 200, exceptConversations: [] });
    assert.deepEqual(
      items.map(({ payload }) => payload.exchangeId),
      records.map(({ exchangeId }) => exchangeId),
    );
  });

  test('a rule in shadow is recorded, and neither shown nor sent', async (t) => {
    const { ledger } = await store.open(t);
    const record = ordinary({ findings: [finding({ mode: 'shadow' })] });
    const outcome = await ledger.commit(record);
    assert.deepEqual(outcome.outcome === 'committed' && outcome.alertIds, []);
    assert.deepEqual(await ledger.listFlagged(), []);
    assert.deepEqual(await ledger.take({ sink: 'list', limit: 10, exceptConversations: [] }), []);
  });

  test('of what a rule in shadow read in a disguised text the kind stays and no word, that of a rule that flags stays', async (t) => {
    const { ledger, place } = await store.open(t);
    const view = { changes: ['encoded'] as const, text: 'nobody must know', span: { start: 7, end: 11 } };
    const [shadow, flag] = (['shadow', 'flag'] as const).map((mode) => finding({ mode, ruleId: mode, view }));
    assert.ok(shadow && flag);
    await ledger.commit(ordinary({ findings: [shadow] }));
    await ledger.commit(exchange({ findings: [shadow, flag] }));
    const rows = await store.rows(place, 'SELECT rule_id AS rule, finding FROM findings ORDER BY seq');
    const without = { ...view, text: '', span: { start: 0, end: 0 } };
    assert.deepEqual(
      rows.map(({ rule, finding: json }) => ({ rule, ...JSON.parse(String(json)) })),
      [
        { rule: 'shadow', ...shadow, view: without },
        { rule: 'shadow', ...shadow, view: without },
        { rule: 'flag', ...flag },
      ],
    );
  });

  test('exchanges without a flag go when so many newer ones are there, each counted; flagged ones stay', async (t) => {
    const { ledger } = await store.open(t, { maxUnflagged: 20 });
    const flagged = exchange();
    const heldBack = exchange({ findings: [heldBackFinding(), finding({ mode: 'shadow', firstToken: 1 })] });
    for (const record of [flagged, heldBack]) await ledger.commit(record);
    const [newest, oldest] = [ordinary(), ordinary()];
    await ledger.commit(oldest);
    for (let count = 0; count < 100; count += 1) await ledger.commit(ordinary());
    await ledger.commit(newest);
    await until(() => ledger.stats().crowdedOut >= 82);
    assert.equal(ledger.stats().crowdedOut, 82);
    const { exchanges, flagged: kept } = await ledger.counts();
    assert.deepEqual([exchanges, kept], [22, 1]);
    assert.ok(await ledger.readExchange(newest.exchangeId));
    assert.equal(await ledger.readExchange(oldest.exchangeId), null);
    assert.ok(await ledger.readExchange(flagged.exchangeId));
    const stored = await ledger.readExchange(heldBack.exchangeId);
    assert.deepEqual([stored?.segments.length, stored?.level], [1, null], 'flagged, and its alert held back');
    const listed = (await ledger.listFlagged()).map(({ exchangeId }) => exchangeId);
    assert.deepEqual(listed, [flagged.exchangeId]);
  });

  test('exchanges without a flag all stay where no number bounds them', async (t) => {
    const { ledger } = await store.open(t);
    for (let count = 0; count < 100; count += 1) await ledger.commit(ordinary());
    assert.equal((await ledger.counts()).exchanges, 100);
    assert.equal(ledger.stats().crowdedOut, 0);
  });

  test('listeners hear of a commit when it can be read; one that throws disturbs nobody', async (t) => {
    const { ledger } = await store.open(t);
    const heard: Committed[] = [];
    ledger.onCommitted(() => {
      throw new Error('broken listener');
    });
    const stop = ledger.onCommitted((committed) => heard.push(committed));
    const record = exchange();
    await ledger.commit(record);
    stop();
    await ledger.commit(exchange());
    assert.deepEqual(heard, [{ exchangeId: record.exchangeId, cursor: 1, isFlagged: true, alerts: 1 }]);
    assert.equal(ledger.stats().listenerErrors, 2);
  });

  test('a closed ledger writes what it took and says so to whoever comes later', async (t) => {
    const { ledger, place } = await store.open(t);
    const early = ledger.commit(exchange());
    await ledger.close();
    assert.equal((await early).outcome, 'committed');
    const late = await ledger.commit(exchange());
    assert.equal(late.outcome === 'unrecorded' && late.reason, 'closed');
    const { ledger: again } = await store.open(t, place);
    assert.equal((await again.counts()).flagged, 1);
  });
}
