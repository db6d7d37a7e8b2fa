import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import {
  type Alert,
  alertsOf,
  createLedger,
  createRelay,
  createRoutedSink,
  createSilenceBook,
  isMatch,
  type Matchers,
  type Routing,
  type Silence,
  toEvent,
} from '../../alerts/index.ts';
import type { Level } from '../../rules/index.ts';
import { cleanUp, dataFolder } from './cleanup.ts';
import { exchange, finding } from './records.ts';
import { createListSink, until } from './sinks.ts';

interface Kind {
  readonly level?: Level;
  readonly tags?: readonly string[];
  readonly tenant?: string;
  readonly conversationId?: string;
  readonly ruleName?: string;
}

const recordOf = ({ level, tags, ruleName, ...rest }: Kind) => {
  const change = {
    ...(level && { level }),
    ...(tags && { tags }),
    ...(ruleName !== undefined && { ruleName }),
  };
  return exchange({ findings: [finding(change)], ...rest });
};

const alertOf = (kind: Kind = {}): Alert => alertsOf(recordOf(kind))[0] as Alert;

const { signal } = new AbortController();

/** Gives alerts to a list behind a routing, one call for each list of kinds. */
async function through(routing: Routing, ...calls: readonly (readonly Kind[])[]) {
  const list = createListSink();
  const sink = createRoutedSink(list, routing);
  const outcomes: string[][] = [];
  for (const kinds of calls) {
    const answers = await sink.deliver(kinds.map(alertOf), signal);
    outcomes.push(answers.map((answer) => (answer.outcome === 'held' ? answer.by : answer.outcome)));
  }
  return { outcomes, list, sink };
}

const MATCHES: readonly [string, Matchers, Kind, boolean][] = [
  ['nothing asked', {}, {}, true],
  ['a level above', { min_level: 'medium' }, { level: 'high' }, true],
  ['a level below', { min_level: 'high' }, { level: 'medium' }, false],
  ['one of the levels', { levels: ['low', 'high'] }, { level: 'low' }, true],
  ['none of the levels', { levels: ['low'] }, { level: 'high' }, false],
  ['a tag', { tags: ['behaviour.*'] }, { tags: ['x', 'behaviour.deception'] }, true],
  ['no such tag', { tags: ['behaviour.*'] }, { tags: ['abuse.hate'] }, false],
  ['the tenant', { tenants: ['sales'] }, { tenant: 'sales' }, true],
  ['another tenant', { tenants: ['sales'] }, { tenant: 'research' }, false],
  ['no tenant where one is asked for', { tenants: ['*'] }, {}, false],
  ['the rule by name', { rules: ['decep*'] }, {}, true],
  ['the rule by id', { rules: ['5a3a1c1e-8a59-4d4c-a6f1-0f6a1c5b9a10'] }, {}, true],
  ['tag and not tenant', { tags: ['behaviour.*'], tenants: ['sales'] }, { tenant: 'other' }, false],
];

for (const [what, matchers, kind, expected] of MATCHES) {
  test(`matchers: ${what} ${expected ? 'matches' : 'does not match'}`, () => {
    assert.equal(isMatch(matchers, alertOf(kind)), expected);
  });
}

test('a star stands for any text, as a regular expression says', () => {
  const text = fc.array(fc.constantFrom('a', 'b', 'ab', '.', '*')).map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, text, (pattern, name) => {
      const parts = pattern.split('*').map((part) => RegExp.escape(part));
      const expected = new RegExp(`^${parts.join('[^]*')}$`).test(name);
      // Not by rules: these have an id too, which a pattern may fit.
      assert.equal(isMatch({ tags: [pattern] }, alertOf({ tags: [name] })), expected);
    }),
  );
});

test('a sink gets only what its route names', async () => {
  const { outcomes, list } = await through({ route: { min_level: 'high' } }, [
    { level: 'low' },
    { level: 'high' },
    { level: 'critical' },
  ]);
  assert.deepEqual(outcomes, [['route', 'delivered', 'delivered']]);
  assert.deepEqual(
    list.alerts.map((alert) => alert.finding.level),
    ['high', 'critical'],
  );
});

const silence = (change: Partial<Silence> = {}): Silence => ({
  id: 'night',
  matchers: { tenants: ['sales'] },
  author: 'kim',
  comment: 'a load test runs',
  startsAt: '2026-11-26T22:00:00Z',
  endsAt: '2026-11-27T06:00:00Z',
  ...change,
});

test('a silence holds back what it matches, from its begin to its end, and no longer', async () => {
  const at = (time: string) => ({
    silences: createSilenceBook(
      () => [silence()],
      () => Date.parse(time),
    ),
  });
  const kinds = [{ tenant: 'sales' }, { tenant: 'research' }];
  assert.deepEqual((await through(at('2026-11-26T21:59:59Z'), kinds)).outcomes, [['delivered', 'delivered']]);
  assert.deepEqual((await through(at('2026-11-26T22:00:00Z'), kinds)).outcomes, [['silence', 'delivered']]);
  assert.deepEqual((await through(at('2026-11-27T06:00:00Z'), kinds)).outcomes, [['delivered', 'delivered']]);
});

test('of a group the first goes out; those after it are held back and told of by the next one', async () => {
  const group = { by: ['rule', 'tenant'] as const, waitMs: 600_000 };
  const kinds = [
    { tenant: 'a' },
    { tenant: 'b' },
    { tenant: 'a' },
    { tenant: 'a', level: 'critical' as const },
  ];
  const { outcomes, list } = await through({ group }, kinds, [{ tenant: 'b' }]);
  assert.deepEqual(outcomes, [['delivered', 'delivered', 'group', 'delivered'], ['group']]);
  assert.equal(list.taken.length, 3);
  const short = await through({ group: { ...group, waitMs: 0 } }, [{}, {}, {}], [{}], [{}]);
  assert.deepEqual(short.outcomes, [['delivered', 'group', 'group'], ['delivered'], ['delivered']]);
  assert.deepEqual(
    short.list.alerts.map((alert) => toEvent(alert).count),
    [undefined, 3, undefined],
  );
});

test('while the first of a group is not delivered, none of the group is given up', async () => {
  const list = createListSink();
  const sink = createRoutedSink(list, { group: { by: ['rule'], waitMs: 600_000 } });
  const alerts = ['a', 'b', 'a'].map((conversationId) => alertOf({ conversationId }));
  list.answer = () => ({ outcome: 'retry', reason: 'down' });
  const down = await sink.deliver(alerts, signal);
  assert.deepEqual(
    down.map(({ outcome }) => outcome),
    ['retry', 'retry', 'retry'],
  );
  list.answer = () => ({ outcome: 'delivered' });
  const up = await sink.deliver(alerts, signal);
  assert.deepEqual(
    up.map(({ outcome }) => outcome),
    ['delivered', 'held', 'held'],
  );
});

test('what the sink finds no time for is not asked for again, it waits, and so does its group', async () => {
  const list = createListSink();
  list.answer = () => ({ outcome: 'later' });
  const sink = createRoutedSink(list, { group: { by: ['rule'], waitMs: 3_600_000 } });
  const outcomes = await sink.deliver([alertOf(), alertOf()], signal);
  assert.deepEqual(outcomes, [{ outcome: 'later' }, { outcome: 'later' }]);
});

test('a rate lets a burst through and holds the rest back, but never what is critical', async () => {
  const rateLimit = { alerts: 2, perMs: 86_400_000 };
  const { outcomes } = await through({ rateLimit }, [{}, {}, {}, { level: 'critical' }], [{}]);
  assert.deepEqual(outcomes, [['delivered', 'delivered', 'rate_limit', 'delivered'], ['rate_limit']]);
});

test('what was not delivered does not use up the rate', async () => {
  const list = createListSink();
  const sink = createRoutedSink(list, { rateLimit: { alerts: 1, perMs: 86_400_000 } });
  const alerts = [alertOf()];
  list.answer = () => ({ outcome: 'retry', reason: 'down' });
  for (let round = 0; round < 3; round += 1) {
    assert.equal((await sink.deliver(alerts, signal))[0]?.outcome, 'retry');
  }
  list.answer = () => ({ outcome: 'delivered' });
  assert.equal((await sink.deliver(alerts, signal))[0]?.outcome, 'delivered');
});

test('what is over the rate of a sink that is down is not given up: it comes again', async () => {
  const list = createListSink();
  const sink = createRoutedSink(list, { rateLimit: { alerts: 2, perMs: 86_400_000 } });
  const alerts = Array.from({ length: 5 }, (_, index) => alertOf({ conversationId: `c-${index}` }));
  const outcomesOf = async () => (await sink.deliver(alerts, signal)).map(({ outcome }) => outcome);
  list.answer = () => ({ outcome: 'retry', reason: 'down' });
  for (let round = 0; round < 3; round += 1)
    assert.deepEqual(await outcomesOf(), ['retry', 'retry', 'later', 'later', 'later']);
  list.answer = ({ id }) => ({ outcome: id === alerts[0]?.id ? 'rejected' : 'delivered', reason: 'no' });
  assert.deepEqual(await outcomesOf(), ['rejected', 'delivered', 'later', 'later', 'later']);
  const rest = (await sink.deliver(alerts.slice(2), signal)).map(({ outcome }) => outcome);
  assert.deepEqual(rest, ['delivered', 'held', 'held']);
});

test('what is over the rate does not come again behind what followed it in its conversation', async () => {
  const list = createListSink();
  const sink = createRoutedSink(list, { rateLimit: { alerts: 1, perMs: 86_400_000 } });
  list.answer = ({ conversationId }) =>
    conversationId === 'a' ? { outcome: 'retry', reason: 'no' } : { outcome: 'delivered' };
  const kinds = [
    { conversationId: 'a' },
    { conversationId: 'b' },
    { conversationId: 'b', level: 'critical' as const },
    { conversationId: 'b' },
  ];
  const outcomes = await sink.deliver(kinds.map(alertOf), signal);
  assert.deepEqual(
    outcomes.map(({ outcome }) => outcome),
    ['retry', 'held', 'delivered', 'later'],
  );
});

const gaveUp = AbortSignal.abort();

test('an answer that comes after the relay gave up tells no group: what comes again is counted once', async () => {
  const list = createListSink();
  const sink = createRoutedSink(list, { group: { by: ['level'], waitMs: 300 } });
  const pair = [alertOf(), alertOf()];
  const outcomesOf = async (alerts: Alert[], abortSignal: AbortSignal) =>
    (await sink.deliver(alerts, abortSignal)).map(({ outcome }) => outcome);
  await outcomesOf(pair, gaveUp);
  assert.deepEqual(await outcomesOf(pair, signal), ['delivered', 'held'], 'the group was not told of');
  let held = 1;
  for (let isTold = true; isTold; ) {
    await outcomesOf([alertOf()], gaveUp);
    isTold = (await outcomesOf([alertOf()], signal))[0] === 'held';
    if (isTold) held += 1;
    await sleep(20);
  }
  assert.equal(list.alerts.at(-1)?.heldBack, held);
});

test('an answer that comes after the relay gave up uses up no rate', async () => {
  const sink = createRoutedSink(createListSink(), { rateLimit: { alerts: 1, perMs: 86_400_000 } });
  for (let round = 0; round < 3; round += 1) await sink.deliver([alertOf()], gaveUp);
  assert.equal((await sink.deliver([alertOf()], signal))[0]?.outcome, 'delivered');
});

async function relayed(t: TestContext, routing: Routing, kinds: readonly Kind[]) {
  const list = createListSink();
  const ledger = await createLedger({ dataDir: dataFolder(t), sinks: ['list'] });
  const silenced: string[] = [];
  const relay = createRelay({
    outbox: ledger,
    sinks: [createRoutedSink(list, routing)],
    backoff: { initialMs: 5, maxMs: 20 },
    onSilenced: (ids) => silenced.push(...ids),
  });
  cleanUp(t, async () => {
    await relay.stop({ deadlineMs: 1000 });
    await ledger.close();
  });
  for (const kind of kinds) await ledger.commit(recordOf(kind));
  relay.start();
  return { list, ledger, relay, silenced };
}

test('a muted alert is recorded and shown, leaves the outbox and is counted for its silence', async (t) => {
  const silences = createSilenceBook(() => [
    silence({ startsAt: '2020-01-01T00:00:00Z', endsAt: '2100-01-01T00:00:00Z' }),
  ]);
  const kinds = [{ tenant: 'sales' }, { tenant: 'other' }, { tenant: 'sales' }];
  const { list, ledger, relay, silenced } = await relayed(t, { silences }, kinds);
  await until(async () => (await ledger.depth('list')).depth === 0, 'the outbox is empty');
  assert.equal(list.taken.length, 1);
  assert.equal((await ledger.listFlagged()).length, 3);
  assert.deepEqual(silenced, ['night', 'night']);
  const [stats] = await relay.stats();
  assert.deepEqual(stats?.held, { route: 0, silence: 2, group: 0, rate_limit: 0 });
  assert.deepEqual([stats?.delivered, stats?.dead], [1, 0]);
});

test('after a sink was down, as many of its backlog arrive as its rate lets through', async (t) => {
  const rateLimit = { alerts: 3, perMs: 86_400_000 };
  const { list, ledger, relay } = await relayed(t, { rateLimit }, []);
  list.answer = () => ({ outcome: 'retry', reason: 'down' });
  const records = Array.from({ length: 12 }, (_, index) => recordOf({ conversationId: `c-${index}` }));
  await Promise.all(records.map(ledger.commit));
  await until(async () => ((await relay.stats())[0]?.failuresInARow ?? 0) >= 4, 'it is known to be down');
  assert.equal((await ledger.depth('list')).depth, 12, 'all of it waits');
  list.answer = () => ({ outcome: 'delivered' });
  await until(async () => (await ledger.depth('list')).depth === 0, 'the outbox is empty');
  assert.equal(list.taken.length, 3);
  assert.equal((await relay.stats())[0]?.held.rate_limit, 9);
});

test('what is held back passes a sink that is down, and what it waits for is not lost', async (t) => {
  const kinds: Kind[] = [{ level: 'low' }, { level: 'high' }, { level: 'low' }, { level: 'high' }];
  const { list, ledger, relay } = await relayed(t, { route: { min_level: 'high' } }, []);
  list.answer = () => ({ outcome: 'retry', reason: 'down' });
  for (const kind of kinds) await ledger.commit(recordOf(kind));
  await until(async () => (await ledger.depth('list')).depth === 2, 'what it does not get is gone');
  await until(async () => ((await relay.stats())[0]?.failuresInARow ?? 0) >= 2, 'it is known to be down');
  list.answer = () => ({ outcome: 'delivered' });
  await until(() => list.taken.length === 2, 'the others arrived');
});
