import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ledger, Settlement } from '../../alerts/index.ts';
import { exchange, finding, ordinary } from './records.ts';
import { forEachStore, type TestStore } from './stores.ts';

forEachStore(defineTests);

const ALL = { sink: 'list', limit: 100, exceptConversations: [] };
/** Of dead letters that were tried again none stays, and none is without its texts. */
const NONE = { failed: [], withoutTexts: 0 };

async function reject(ledger: Ledger, reason: string): Promise<void> {
  const items = await ledger.take(ALL);
  const dead: Settlement['dead'] = items.map(({ seq }) => ({ seq, reason }));
  await ledger.settle({ sink: 'list', delivered: [], dead });
}

function defineTests(store: TestStore): void {
  test('a rejected alert is a dead letter that can be tried again, and then waits like any other', async (t) => {
    const { ledger } = await store.open(t);
    const record = exchange();
    await ledger.commit(record);
    await reject(ledger, 'too large: 2000000 bytes');
    const [letter] = await ledger.deadLetters({ limit: 9 });
    assert.equal(letter?.exchangeId, record.exchangeId);
    assert.equal(letter?.reason, 'too large: 2000000 bytes');
    assert.deepEqual(await ledger.take(ALL), []);
    assert.deepEqual(await ledger.retryDead({ sink: 'nobody' }), { ...NONE, retried: 0 });
    assert.deepEqual(await ledger.retryDead({ seqs: [letter?.seq ?? -1] }), { ...NONE, retried: 1 });
    const [again] = await ledger.take(ALL);
    assert.equal(again?.payload.id, letter?.alertId);
    assert.deepEqual(await ledger.depth('list'), {
      depth: 1,
      oldestQueuedAt: letter?.queuedAt,
      dead: 0,
    });
  });

  test('a backlog does not keep what is new: some of what is taken is newest, and none passes its own conversation', async (t) => {
    const { ledger } = await store.open(t);
    const commit = async (id: string, conversationId: string) =>
      ledger.commit(exchange({ exchangeId: id, conversationId }));
    for (let count = 0; count < 12; count += 1) await commit(`deep-${count}`, `deep-${count % 2}`);
    for (const id of ['new-1', 'new-2', 'new-3']) await commit(id, id);
    await commit('deep-12', 'deep-0');
    await commit('new-3-again', 'new-3');
    const idsOf = (items: Awaited<ReturnType<Ledger['take']>>) =>
      items.map(({ payload }) => payload.exchangeId);
    const first = await ledger.take({ ...ALL, limit: 8 });
    const oldest = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, index) => `deep-${from + index}`);
    assert.deepEqual(idsOf(first), [...oldest(0, 6), 'new-2', 'new-3']);
    const inHand = first.map(({ seq }) => seq);
    const second = await ledger.take({ ...ALL, limit: 8, exceptSeqs: inHand });
    assert.deepEqual(
      idsOf(second),
      [...oldest(6, 12), 'new-1', 'deep-12'].slice(0, 8),
      'what follows one in hand waits',
    );
    const without = await ledger.take({ ...ALL, limit: 8, exceptConversations: ['new-3', 'deep-1'] });
    assert.deepEqual(idsOf(without).slice(-2), ['new-1', 'new-2']);
    await ledger.settle({ sink: 'list', delivered: inHand, dead: [] });
    assert.deepEqual(idsOf(await ledger.take({ ...ALL, limit: 4 })), [...oldest(6, 9), 'new-3-again']);
    assert.equal((await ledger.take(ALL)).length, 9, 'all of it, where all of it has room');
  });

  test('dropped dead letters are gone, by number, by sink, or all; their exchanges stay', async (t) => {
    const { ledger } = await store.open(t);
    for (let count = 0; count < 3; count += 1) await ledger.commit(exchange());
    await reject(ledger, 'no');
    const letters = await ledger.deadLetters({ limit: 2 });
    assert.equal(letters.length, 2);
    assert.equal(await ledger.dropDead({ seqs: [letters[0]?.seq ?? -1] }), 1);
    assert.equal(await ledger.dropDead({ sink: 'other' }), 0);
    assert.equal(await ledger.dropDead({}), 2);
    assert.equal((await ledger.counts()).flagged, 3);
  });

  test('an exchange that cannot be written is unrecorded and kept as a dead letter; those with it are recorded', async (t) => {
    const { ledger } = await store.open(t);
    const broken = exchange({ status: 'teapot' as unknown as number });
    const uncloneable = exchange({ model: (() => {}) as unknown as string, conversationId: 'c-7' });
    const outcomes = await Promise.all([exchange(), broken, uncloneable, exchange()].map(ledger.commit));
    assert.deepEqual(
      outcomes.map(({ outcome }) => outcome),
      ['committed', 'unrecorded', 'unrecorded', 'committed'],
    );
    const letters = await ledger.deadLetters({ sink: 'store', limit: 9 });
    assert.deepEqual(
      letters.map(({ exchangeId }) => exchangeId).toSorted(),
      [broken.exchangeId, uncloneable.exchangeId].toSorted(),
    );
    assert.ok(letters.every(({ reason, alertId }) => reason.length > 10 && alertId === null));
    assert.equal(ledger.stats().buried, 2);
    const { failed } = await ledger.retryDead({ sink: 'store' });
    assert.ok(failed.length >= 1, 'what is still broken stays a dead letter');
    assert.equal((await ledger.deadLetters({ limit: 9 })).length, failed.length);
  });

  test('an exchange too long for a dead letter says that its texts are lost, in the list and where it is written', async (t) => {
    const { ledger, place } = await store.open(t);
    const status = 'teapot' as unknown as number;
    const long = exchange().segments.map((one) => ({ ...one, text: 'x'.repeat(1_100_000) }));
    const broken = [exchange({ status, segments: long }), exchange({ status })] as const;
    for (const one of broken) await ledger.commit(one);
    const letters = await ledger.deadLetters({ sink: 'store', limit: 9 });
    const told = letters.map(({ exchangeId, reason }) => [exchangeId, /without its texts/.test(reason)]);
    assert.deepEqual(told, [
      [broken[0].exchangeId, true],
      [broken[1].exchangeId, false],
    ]);
    assert.match(
      letters[0]?.reason ?? '',
      /; without its texts \(1[01]\d{5} characters, more than 1048576\)$/,
    );
    const quoted = place.databaseUrl === undefined ? '"teapot"' : '\\"teapot\\"';
    await store.rows(place, `UPDATE dead_letters SET record = replace(record, '${quoted}', '200')`);
    assert.deepEqual(await ledger.retryDead({ sink: 'store' }), { retried: 2, failed: [], withoutTexts: 1 });
    const kept = await Promise.all(broken.map(({ exchangeId }) => ledger.readExchange(exchangeId)));
    assert.deepEqual(
      kept.map((one) => one?.segments.length),
      [0, 1],
    );
  });

  test('an exchange in shadow that cannot be written is a dead letter without a word of a disguised text', async (t) => {
    const { ledger, place } = await store.open(t);
    const view = { changes: ['encoded'] as const, text: 'nobody must know', span: { start: 7, end: 11 } };
    const findings = [finding({ mode: 'shadow', view })];
    const outcome = await ledger.commit(ordinary({ status: 'teapot' as unknown as number, findings }));
    assert.equal(outcome.outcome, 'unrecorded');
    const [letter] = await store.rows(place, 'SELECT record FROM dead_letters');
    const record = String(letter?.['record']);
    assert.match(record, /encoded/);
    assert.doesNotMatch(record, /must know/);
  });

  test('what waits for one sink is given up, and for no other', async (t) => {
    const { ledger } = await store.open(t, { sinks: ['former', 'list'] });
    for (let count = 0; count < 3; count += 1) await ledger.commit(exchange());
    assert.equal(await ledger.dropWaiting('former'), 3);
    assert.equal(await ledger.dropWaiting('former'), 0);
    assert.equal((await ledger.depth('former')).depth, 0);
    assert.equal((await ledger.depth('list')).depth, 3);
  });

  test('exchanges of a subject of which no text was kept are erased and looked for by their ids, and the proof names what it does not reach', async (t) => {
    const { ledger } = await store.open(t);
    const subject = 's-0123456789abcdefghijkl';
    const exchangeId = crypto.randomUUID();
    await ledger.commit(ordinary({ exchangeId, subject }));
    await ledger.commit(ordinary({ exchangeId: 'theirs' }));
    const { removed, scan, notReached } = await ledger.erase({ by: 'subject', value: subject });
    assert.deepEqual([removed.exchanges, removed.segments], [1, 0]);
    assert.ok(scan.foundBefore > 0);
    assert.equal(scan.foundAfter, 0);
    const named = [
      /a sink has taken/,
      /Parquet files .* rules export/,
      /topic that workers read/,
      /replay\.db/,
      /backups/,
    ];
    const unnamed = named.filter((place) => !notReached.some((told) => place.test(told)));
    assert.deepEqual(unnamed, []);
    assert.ok(await ledger.readExchange('theirs'));
  });

  for (const by of ['conversation', 'subject', 'exchange'] as const) {
    test(`erasing by ${by} removes all of it, leaves the others, and says what was removed`, async (t) => {
      const { ledger, place } = await store.open(t);
      const { mine, value } = await recordTwo(ledger, by);
      const erasure = await ledger.erase({ by, value });
      assert.deepEqual(erasure.exchangeIds, mine);
      assert.equal(erasure.alertIds.length, mine.length);
      const { exchanges, findings, segments, outbox } = erasure.removed;
      assert.deepEqual([exchanges, findings, segments, outbox], Array(4).fill(mine.length));
      assert.ok(erasure.scan.foundBefore > 0, 'the search finds what is there');
      assert.equal(erasure.scan.foundAfter, 0);
      assert.equal((await ledger.counts()).flagged, 3 - mine.length);
      assert.equal(
        (await ledger.readExchange('theirs'))?.segments[0]?.text,
        'A text of somebody else, which stays.',
      );
      const rows = await store.rows(place, "SELECT * FROM segments WHERE text LIKE '%zanzibar%'");
      assert.equal(rows.length, 2 - mine.length);
      assert.deepEqual((await ledger.erase({ by, value })).removed.exchanges, 0);
    });
  }
}

async function recordTwo(ledger: Ledger, by: 'conversation' | 'subject' | 'exchange') {
  const [segment] = exchange().segments;
  assert.ok(segment);
  const said = (text: string) => [{ ...segment, text }];
  const secret = (n: number) =>
    `The secret of number ${n} is in zanzibar under the third stone of the ${n}th house.`;
  const who = { conversationId: 'c-mine', subject: 's-mine' };
  await ledger.commit(exchange({ exchangeId: 'mine-1', ...who, segments: said(secret(1)) }));
  await ledger.commit(exchange({ exchangeId: 'mine-2', ...who, segments: said(secret(2)) }));
  const theirs = said('A text of somebody else, which stays.');
  await ledger.commit(exchange({ exchangeId: 'theirs', conversationId: 'c-theirs', segments: theirs }));
  await ledger.saveReview({ exchangeId: 'mine-1', verdict: 'unsure', comment: 'x', reviewer: 'a' });
  const value = { conversation: 'c-mine', subject: 's-mine', exchange: 'mine-1' }[by];
  return { value, mine: by === 'exchange' ? ['mine-1'] : ['mine-1', 'mine-2'] };
}
