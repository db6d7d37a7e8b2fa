import assert from 'node:assert/strict';
import { after, before, type TestContext, test } from 'node:test';
import {
  createLedger,
  createThreadedRelay,
  type Silence,
  type ThreadedRelayParts,
} from '../../alerts/index.ts';
import { type RelayWorker, startRelayWorker } from '../../alerts/threaded-relay/relay-worker.ts';
import type { RelayThreadData } from '../../alerts/threaded-relay/thread-data.ts';
import { type KafkaBroker, startKafka } from '../services/kafka.ts';
import { kafkaClient } from '../services/kafka-client.ts';
import { makeTopic } from '../services/make-topic.ts';
import { cleanUp, dataFolder } from './cleanup.ts';
import { exchange } from './records.ts';
import { until } from './sinks.ts';
import { readTopic } from './topic-reader.ts';

/** Threads that hang, die or start late, in place of the one that relays. */

let kafka: KafkaBroker;

before(async () => {
  kafka = await startKafka();
});
after(() => kafka?.close());

const HANGING = new URL('./threads/hanging.ts', import.meta.url);
const LAST_WORDS = new URL('./threads/last-words.ts', import.meta.url);

type Start = NonNullable<ThreadedRelayParts['startWorker']>;

const hangingFor =
  (askTimeoutMs: number): Start =>
  (data, answers) =>
    startRelayWorker({ ...data, askTimeoutMs }, answers, HANGING);

async function relayOf(t: TestContext, parts: Partial<ThreadedRelayParts> = {}) {
  const ledger = await createLedger({ dataDir: dataFolder(t), sinks: ['kafka'] });
  cleanUp(t, () => ledger.close());
  const topic = `lost-${crypto.randomUUID()}`;
  await makeTopic(kafkaClient(kafka.brokers), { topic });
  const lanes = [{ kafka: { brokers: kafka.brokers, topic, name: 'kafka' } }];
  // None looks by itself.
  const relay = createThreadedRelay({ ledger, lanes, idleMs: 3_600_000, ...parts });
  cleanUp(t, () => relay.stop({ deadlineMs: 1000 }));
  const lane = async () => (await relay.stats())[0] ?? assert.fail('there is a lane');
  return { ledger, relay, topic, lane };
}

test('a thread that cannot be started, and one that hangs, are told of, counted and replaced', async (t) => {
  const lost: string[] = [];
  const starts: Start[] = [() => assert.fail('no room for a thread'), hangingFor(50)];
  const { ledger, relay, topic, lane } = await relayOf(t, {
    startWorker: (data, answers) => (starts.shift() ?? startRelayWorker)(data, answers),
    onThreadLost: ({ message }) => lost.push(message),
  });
  for (const _ of [1, 2, 3]) await ledger.commit(exchange());
  relay.start();
  await until(async () => (await lane()).delivered === 3, 'another has brought them');
  assert.equal(lost.length, 2);
  assert.match(lost[0] ?? '', /cannot be started: .*no room for a thread/);
  assert.match(lost[1] ?? '', /ended: .*no answer to (counts|wake) within 50 ms/);
  assert.equal(ledger.stats().failures.relay, 2);
  assert.equal((await lane()).failuresInARow, 0);
  const opened = await readTopic(kafka.brokers, topic);
  cleanUp(t, () => opened.close());
  await opened.untilIds(3);
  assert.equal(opened.messages.length, 3);
});

test('a thread that hangs is told of commits once, however many there are, and ended by a stop', async (t) => {
  let words = 0;
  let worker: RelayWorker | undefined;
  const { ledger, relay } = await relayOf(t, {
    startWorker(data, answers) {
      const started = hangingFor(3_600_000)(data, answers);
      const ask: RelayWorker['link']['ask'] = (...asked) => {
        words += 1;
        return started.link.ask(...asked);
      };
      worker = { ...started, link: { ...started.link, ask, tell: () => assert.fail('it is not asked') } };
      return worker;
    },
  });
  relay.start();
  for (let count = 0; count < 20; count += 1) await ledger.commit(exchange());
  await until(() => words > 0, 'it is told');
  for (let count = 0; count < 20; count += 1) await ledger.commit(exchange());
  assert.equal(words, 1);
  await relay.stop({ deadlineMs: 10 });
  assert.equal((await worker?.ended)?.code, 'WORKER_DIED');
  assert.equal((await ledger.depth('kafka')).depth, 40, 'they wait on disk');
  assert.equal(ledger.stats().failures.relay, 0, 'that was no loss');
  assert.equal((await relay.stats())[0]?.depth, 40);
});

test('each commit wakes the thread', async (t) => {
  const { ledger, relay, lane } = await relayOf(t);
  relay.start();
  for (const count of [1, 2, 3]) {
    await ledger.commit(exchange());
    await until(async () => (await lane()).delivered === count, `${count} came`);
  }
});

test('a silence that is added while the thread starts holds for the first alert that it takes', async (t) => {
  let known: readonly Silence[] = [];
  let tell = (_: readonly Silence[]): void => assert.fail('somebody listens');
  const counted: string[] = [];
  const silences = {
    current: () => known,
    onChanged(listener: typeof tell) {
      tell = listener;
      return () => {};
    },
    count: (ids: readonly string[]) => void counted.push(...ids),
  };
  const { ledger, relay, lane } = await relayOf(t, { silences });
  await ledger.commit(exchange());
  relay.start();
  known = [
    {
      id: 'while-it-starts',
      matchers: { rules: ['*'] },
      author: 'kim',
      comment: 'load test',
      startsAt: '2020-01-01T00:00:00.000Z',
      endsAt: '2100-01-01T00:00:00.000Z',
    },
  ];
  tell(known);
  await until(async () => (await lane()).depth === 0, 'it is off the outbox');
  await until(async () => (await lane()).held.silence === 1, 'it was held back');
  assert.deepEqual(counted, ['while-it-starts']);
});

test('what a thread says last is heard before its end, and whoever asks it then is told at once', async () => {
  const heard: unknown[] = [];
  const data = { askTimeoutMs: 3_600_000 } as RelayThreadData;
  const { link, ended } = startRelayWorker(
    data,
    { counted: (word: unknown) => heard.push(word) },
    LAST_WORDS,
  );
  const { code, message } = await ended;
  assert.deepEqual(heard, ['first', 'last']);
  assert.equal(code, 'WORKER_DIED');
  assert.match(message, /no memory/);
  await assert.rejects(link.ask('counts', undefined), { code: 'WORKER_DIED' });
});

test('what cannot be handed to a thread is refused at once, and the thread lives on', async () => {
  const data = { askTimeoutMs: 3_600_000 } as RelayThreadData;
  const { link, ended, end } = startRelayWorker(data, {}, HANGING);
  const refused = link.ask('wake', () => {});
  await assert.rejects(refused, { code: 'STORE_FAILED', message: /cannot hand over to wake/ });
  await end('the test is over');
  assert.match((await ended).message, /the test is over/);
});
