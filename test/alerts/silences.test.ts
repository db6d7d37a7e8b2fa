import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createSilenceKeeper, type Ledger, type Silence, type SilenceKeeper } from '../../alerts/index.ts';
import { cleanUp } from './cleanup.ts';
import { exchange } from './records.ts';
import { until } from './sinks.ts';
import { forEachStore } from './stores.ts';

const NIGHT = {
  matchers: { rules: ['dec*'], levels: ['high' as const] },
  author: "kim d'or",
  comment: 'at "night" 🌙',
  startsAt: '2020-11-26T20:00:00.000Z',
  endsAt: '2100-01-01T00:00:00.000Z',
};

async function keeperOf(t: TestContext, store: Ledger, configured: readonly Silence[] = []) {
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  const keeper = await createSilenceKeeper({ configured, store, refreshMs: 20, onError });
  cleanUp(t, () => keeper.close());
  return { keeper, errors };
}

async function oneAlert(ledger: Ledger) {
  await ledger.commit(exchange());
  const [item] = await ledger.take({ sink: 'list', limit: 1, exceptConversations: [] });
  assert.ok(item);
  return item.payload;
}

forEachStore((store) => {
  test('silences are kept as they were given, the latest first, until they end', async (t) => {
    const { ledger } = await store.open(t);
    const night = await ledger.addSilence(NIGHT);
    const later = await ledger.addSilence({ ...NIGHT, startsAt: '2020-11-27T20:00:00.000Z' });
    const short = await ledger.addSilence({ ...NIGHT, endsAt: '2020-11-26T21:00:00.000Z' });
    assert.equal(new Set([night.id, later.id, short.id]).size, 3);
    const ids = async (endsAfter?: string) =>
      (await ledger.listSilences(endsAfter === undefined ? {} : { endsAfter })).map(({ id }) => id);
    assert.deepEqual(await ids(), [later.id, ...[night.id, short.id].toSorted()]);
    assert.deepEqual(await ids('2020-11-26T21:00:00.000Z'), [later.id, night.id]);
    const kept = (await ledger.listSilences({})).find(({ id }) => id === night.id);
    assert.deepEqual(kept, { ...NIGHT, id: night.id, heldBack: 0 });
    const now = '2020-11-28T00:00:00.000Z';
    assert.equal(await ledger.endSilence({ id: night.id, now }), true);
    assert.equal(await ledger.endSilence({ id: night.id, now }), false, 'it has ended');
    assert.equal(await ledger.endSilence({ id: 'nobody', now }), false);
    assert.deepEqual(await ids(now), [later.id]);
  });

  test('what silences have held back adds up, those of the configuration too', async (t) => {
    const { ledger } = await store.open(t);
    const { id } = await ledger.addSilence(NIGHT);
    await ledger.countHeldBack([
      { id, alerts: 2 },
      { id: 'config-1', alerts: 1 },
    ]);
    await ledger.countHeldBack([{ id, alerts: 3 }]);
    assert.equal((await ledger.listSilences({}))[0]?.heldBack, 5);
    assert.deepEqual(await ledger.heldBack(['config-1', 'unknown']), [{ id: 'config-1', alerts: 1 }]);
  });

  test('gateways on one store obey one set of silences, and their counts add up', async (t) => {
    const { ledger: one, place } = await store.open(t);
    const { ledger: two } = await store.open(t, place);
    const keepers = [(await keeperOf(t, one)).keeper, (await keeperOf(t, two)).keeper] as const;
    const alert = await oneAlert(one);
    for (const keeper of keepers) assert.equal(keeper.find(alert), null);
    const { id } = await two.addSilence(NIGHT);
    const obeys = (keeper: SilenceKeeper) => keeper.find(alert)?.id === id;
    await until(() => keepers.every(obeys), 'both obey');
    for (const keeper of keepers) keeper.count([id, id]);
    await until(async () => (await one.listSilences({}))[0]?.heldBack === 4, 'both have counted');
    await one.endSilence({ id, now: new Date().toISOString() });
    await until(() => keepers.every((keeper) => keeper.find(alert) === null), 'it has ended for both');
  });

  test('while the store does not answer, what it said last holds, what is counted is kept, and it is said once', async (t) => {
    const { ledger } = await store.open(t);
    const { id } = await ledger.addSilence(NIGHT);
    let isAway = false;
    const guarded = <Argument, Answer>(ask: (argument: Argument) => Promise<Answer>) => {
      return (argument: Argument) => (isAway ? Promise.reject(new Error('away')) : ask(argument));
    };
    const { listSilences, countHeldBack } = ledger;
    const away = {
      ...ledger,
      listSilences: guarded(listSilences),
      countHeldBack: guarded(countHeldBack),
    };
    const { keeper, errors } = await keeperOf(t, away);
    const alert = await oneAlert(ledger);
    isAway = true;
    await until(() => errors.length > 0, 'the outage is told');
    keeper.count([id]);
    keeper.count([id]);
    assert.equal(keeper.find(alert)?.id, id);
    isAway = false;
    await until(async () => (await ledger.listSilences({}))[0]?.heldBack === 2, 'the counts came through');
    assert.equal(errors.length, 1);
  });
});
