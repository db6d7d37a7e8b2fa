import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRelay, type Ledger, type Sink, type UnscoredExchange } from '../../alerts/index.ts';
import { exchange } from './records.ts';
import { until } from './sinks.ts';
import { forEachStore, type TestStore } from './stores.ts';

forEachStore(defineTests);

const ALL = { sink: 'scoring', limit: 100, exceptConversations: [] };

function unscored(id: string, change: Partial<UnscoredExchange> = {}): UnscoredExchange {
  return { exchangeId: id, conversationId: 'c-1', body: JSON.stringify({ said: `by ${id}` }), ...change };
}

async function idsOf({ unscored: outbox }: Ledger, query = ALL): Promise<string[]> {
  return (await outbox.take(query)).map(({ payload }) => payload.exchangeId);
}

function defineTests(store: TestStore): void {
  test('exchanges to be scored elsewhere wait in their order, over a restart, until they are settled', async (t) => {
    const first = await store.open(t);
    const { ledger } = first;
    const outcomes = await Promise.all(['a', 'b', 'c'].map((id) => ledger.unscored.add(unscored(id))));
    assert.ok(outcomes.every(({ outcome }) => outcome === 'committed'));
    assert.equal((await ledger.unscored.add(unscored('b', { body: '{"another":1}' }))).outcome, 'committed');
    await ledger.close();
    const { ledger: next } = await store.open(t, first.place);
    const items = await next.unscored.take(ALL);
    assert.deepEqual(
      items.map(({ payload }) => payload),
      ['a', 'b', 'c'].map((id) => unscored(id)),
    );
    const delivered = items.slice(0, 2).map(({ seq }) => seq);
    await next.unscored.settle({ sink: 'scoring', delivered, dead: [] });
    assert.deepEqual(await idsOf(next), ['c']);
    assert.equal((await next.unscored.depth('scoring')).depth, 1);
    assert.equal((await next.counts()).exchanges, 0, 'they are no exchanges with findings yet');
  });

  test('exchanges that wait to be scored are given up by their name, and alerts stay', async (t) => {
    const { ledger } = await store.open(t);
    await ledger.commit(exchange());
    for (const id of ['a', 'b']) await ledger.unscored.add(unscored(id));
    assert.equal(await ledger.dropWaiting('scoring'), 2);
    assert.equal((await ledger.unscored.depth('scoring')).depth, 0);
    assert.equal((await ledger.depth('list')).depth, 1);
  });

  test('a body is given back to the letter, whatever stands in it', async (t) => {
    const { ledger } = await store.open(t);
    const body = JSON.stringify({ text: 'nul \u0000, half \ud83d, ünï 🙂, "quote" \\ back' });
    await ledger.unscored.add(unscored('odd', { body, conversationId: 'c \ud83d' }));
    const [item] = await ledger.unscored.take(ALL);
    assert.equal(item?.payload.body, body);
  });

  test('a relay is given no more bytes than it can hold, and one exchange however large', async (t) => {
    const { ledger } = await store.open(t);
    const body = JSON.stringify('x'.repeat(5 * 1024 * 1024));
    for (const id of ['a', 'b', 'c']) await ledger.unscored.add(unscored(id, { body }));
    assert.deepEqual(await idsOf(ledger), ['a', 'b']);
    assert.deepEqual(await idsOf(ledger, { ...ALL, limit: 1 }), ['a']);
    await ledger.unscored.add(unscored('d', { conversationId: 'c-2' }));
    assert.deepEqual(await idsOf(ledger, { ...ALL, exceptConversations: ['c-1'] } as typeof ALL), ['d']);
  });

  test('what cannot be brought is a dead letter with its reason, and waits again when it is retried', async (t) => {
    const { ledger } = await store.open(t);
    await ledger.unscored.add(unscored('a', { subject: 's-1' }));
    const [item] = await ledger.unscored.take(ALL);
    const dead = [{ seq: item?.seq ?? -1, reason: 'the broker takes none so large' }];
    await ledger.unscored.settle({ sink: 'scoring', delivered: [], dead });
    await ledger.unscored.bury({ exchangeId: 't/0/7', conversationId: 'c-2', body: null }, 'no exchange');
    const letters = await ledger.deadLetters({ sink: 'scoring', limit: 9 });
    assert.deepEqual(
      letters.map(({ exchangeId, alertId, reason }) => [exchangeId, alertId, reason]),
      [
        ['a', null, 'the broker takes none so large'],
        ['t/0/7', null, 'no exchange'],
      ],
    );
    assert.equal((await ledger.unscored.depth('scoring')).dead, 2);
    const { retried, failed } = await ledger.retryDead({ sink: 'scoring' });
    assert.deepEqual([retried, failed.length], [1, 1], 'of which nothing is kept, nothing can be scored');
    assert.deepEqual(
      (await ledger.unscored.take(ALL)).map(({ payload }) => payload),
      [unscored('a')],
    );
    assert.equal(await ledger.dropDead({ sink: 'scoring' }), 1);
  });

  test('an erasure takes what waits to be scored with it, and proves it', async (t) => {
    const { ledger } = await store.open(t);
    const secret = 'The secret is in zanzibar under the third stone of the house.';
    await ledger.unscored.add(unscored('mine', { conversationId: 'c-mine', body: JSON.stringify(secret) }));
    await ledger.unscored.add(unscored('theirs', { conversationId: 'c-theirs' }));
    const erasure = await ledger.erase({ by: 'conversation', value: 'c-mine' });
    assert.deepEqual([erasure.removed.unscored, erasure.exchangeIds], [1, ['mine']]);
    assert.ok(erasure.scan.foundBefore > 0, 'the search finds what is there');
    assert.equal(erasure.scan.foundAfter, 0);
    assert.deepEqual(await idsOf(ledger), ['theirs']);
  });

  test('a store knows which exchanges are recorded, not which are to be', async (t) => {
    const { ledger } = await store.open(t);
    await ledger.commit(exchange({ exchangeId: 'recorded' }));
    await ledger.unscored.add(unscored('waiting'));
    assert.deepEqual(await ledger.known(['recorded', 'waiting', 'nobody']), ['recorded']);
    assert.deepEqual(await ledger.known([]), []);
  });

  test('a relay brings what is added, and what waited before it began', async (t) => {
    const { ledger } = await store.open(t);
    const brought: string[] = [];
    const sink: Sink<UnscoredExchange> = {
      name: 'scoring',
      async deliver(exchanges) {
        brought.push(...exchanges.map(({ exchangeId }) => exchangeId));
        return exchanges.map(() => ({ outcome: 'delivered' }));
      },
      close: async () => {},
    };
    await ledger.unscored.add(unscored('before'));
    const relay = createRelay({ outbox: ledger.unscored, sinks: [sink], idleMs: 1_000_000 });
    relay.start();
    await until(() => brought.length === 1, 'what waited is brought');
    await ledger.unscored.add(unscored('after'));
    await until(() => brought.length === 2, 'what came after is brought');
    await relay.stop({ deadlineMs: 1000 });
    assert.deepEqual(brought, ['before', 'after']);
    assert.deepEqual(await idsOf(ledger), []);
  });
}
