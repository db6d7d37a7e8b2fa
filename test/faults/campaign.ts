import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { readTopic, type TopicReader } from '../alerts/topic-reader.ts';
import { freePorts } from '../services/free-ports.ts';
import { type KafkaBroker, startKafka } from '../services/kafka.ts';
import { startTcpProxy, type TcpProxy } from '../services/tcp-proxy.ts';
import { type Driver, startDriver, startEcho } from './driver.ts';
import { type FaultyGateway, startFaultyGateway } from './faulty-gateway.ts';
import { type Judgement, judge } from './judge.ts';

/** Kinds of faults, by what they hit. */
export type Fault =
  | 'gateway_killed'
  | 'gateway_restarted'
  | 'store_locked'
  | 'broker_killed'
  | 'broker_stopped'
  | 'broker_frozen'
  | 'broker_slow'
  | 'connections_cut';

/** How often each fault is to happen; those of gateway and broker go on side by side. */
export interface CampaignPlan {
  readonly faults: Readonly<Partial<Record<Fault, number>>>;
  /** No new faults after this; what happened is what the report says. */
  readonly maxSeconds: number;
  readonly conversations: number;
  readonly pauseMs: number;
  /** How long a broker stays stopped. */
  readonly stoppedMs: number;
}

/** The report, as bench/results/faults.json has it. */
export interface CampaignReport extends Judgement {
  readonly kills: Readonly<Record<Fault, number>>;
  /** Alerts in the stores that are not in the topic, or the other way round. */
  readonly remainder: number;
  readonly dead_letters: number;
  /** From the last fault to the arrival of an alert sent after it. */
  readonly fresh_alert_ms: number;
  readonly seconds: number;
}

const TOPIC = 'telltale.alerts';
const ARRIVAL_MS = 120_000;

interface Stage {
  readonly broker: KafkaBroker;
  readonly proxy: TcpProxy;
  readonly gateways: readonly FaultyGateway[];
  readonly driver: Driver;
}

/** Runs faults against two gateways and a broker while a driver sends, then waits for everything to arrive. */
export async function runCampaign(plan: CampaignPlan): Promise<CampaignReport> {
  const started = performance.now();
  const closers: (() => unknown)[] = [];
  try {
    const stage = await setUp(plan, closers);
    const kills = await inflict(plan, stage);
    await stage.driver.stop();
    const healedAt = performance.now();
    const fresh = await stage.driver.sendOne();
    const reader = await readTopic(stage.broker.brokers, TOPIC);
    closers.push(() => reader.close());
    await untilArrived(reader, [fresh.exchangeId]);
    const freshMs = performance.now() - healedAt;
    const expected = [...stage.driver.sent.values()].filter((one) => one.isAcknowledged && one.isExpected);
    await untilArrived(
      reader,
      expected.map(({ exchangeId }) => exchangeId),
    );
    const stores = await settle(stage, reader);
    return {
      ...judge(stage.driver.sent, reader.messages),
      kills,
      ...stores,
      fresh_alert_ms: Math.round(freshMs),
      seconds: Math.round((performance.now() - started) / 1000),
    };
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

async function setUp(plan: CampaignPlan, closers: (() => unknown)[]): Promise<Stage> {
  const [innerPort = 0] = await freePorts(1);
  const proxy = await startTcpProxy(() => innerPort);
  closers.push(() => proxy.close());
  const broker = await startKafka({ proxied: { port: innerPort, advertisedPort: proxy.port } });
  closers.push(() => broker.close());
  await makeTopic(broker);
  const echo = await startEcho();
  closers.push(() => echo.close());
  const gateways: FaultyGateway[] = [];
  for (const name of ['one', 'two']) {
    const folder = mkdtempSync(join(tmpdir(), `telltale-faults-${name}-`));
    const to = { upstream: echo.url, broker: `127.0.0.1:${proxy.port}`, topic: TOPIC };
    const gateway = await startFaultyGateway({ folder, ...to });
    closers.push(() => gateway.close());
    gateways.push(gateway);
  }
  const urls = gateways.map(({ url }) => url);
  const driver = startDriver({ gateways: () => urls, ...plan });
  closers.push(() => driver.close());
  return { broker, proxy, gateways, driver };
}

async function makeTopic({ brokers }: KafkaBroker): Promise<void> {
  const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: 3 }], waitForLeaders: true });
  await admin.disconnect();
}

/** Two lists of faults, each in random order, are worked off side by side. */
async function inflict(plan: CampaignPlan, stage: Stage): Promise<Record<Fault, number>> {
  const kinds = createFaults(plan, stage);
  const happened = Object.fromEntries(Object.keys(kinds).map((kind) => [kind, 0])) as Record<Fault, number>;
  const until = performance.now() + plan.maxSeconds * 1000;
  const workOff = async (names: readonly Fault[]): Promise<void> => {
    const list = shuffled(names.flatMap((name) => Array<Fault>(plan.faults[name] ?? 0).fill(name)));
    for (const fault of list) {
      await sleep(100 + Math.random() * 1500);
      if (performance.now() > until) return;
      await kinds[fault]();
      happened[fault] += 1;
    }
  };
  await Promise.all([
    workOff(['gateway_killed', 'gateway_restarted', 'store_locked']),
    workOff(['broker_killed', 'broker_stopped', 'broker_frozen', 'broker_slow', 'connections_cut']),
  ]);
  return happened;
}

function createFaults(
  plan: CampaignPlan,
  { broker, proxy, gateways }: Stage,
): Record<Fault, () => Promise<void>> {
  const some = () => gateways[Math.floor(Math.random() * gateways.length)] as FaultyGateway;
  return {
    gateway_killed: () => some().kill(),
    async gateway_restarted() {
      for (const gateway of gateways) await gateway.restart();
    },
    store_locked: () => some().lockStore(1000 + Math.random() * 5000),
    async broker_killed() {
      await broker.kill();
      await broker.restart();
    },
    async broker_stopped() {
      await broker.stop();
      await sleep(plan.stoppedMs);
      await broker.restart();
    },
    async broker_frozen() {
      broker.pause();
      await sleep(Math.random() * 15_000);
      broker.resume();
    },
    async broker_slow() {
      proxy.delay(300);
      await sleep(5000);
      proxy.delay(0);
    },
    async connections_cut() {
      proxy.cut();
    },
  };
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => [Math.random(), item] as const)
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item);
}

/** Waits until an alert of each exchange is there, or for a time in vain: the judgement says what is missing. */
async function untilArrived(reader: TopicReader, exchangeIds: readonly (string | null)[]): Promise<void> {
  const deadline = performance.now() + ARRIVAL_MS;
  const subjects = () => new Set(reader.messages.map(({ headers }) => headers['ce_subject'] ?? ''));
  const isThere = () => {
    const there = subjects();
    return exchangeIds.every((id) => id !== null && there.has(id));
  };
  while (!isThere() && performance.now() < deadline) await sleep(200);
}

/** Stops the gateways and compares what their stores hold with the topic. */
async function settle({ gateways }: Stage, reader: TopicReader) {
  const stores = [];
  for (const gateway of gateways) {
    await gateway.stop();
    stores.push(await gateway.readStore());
  }
  const recorded = new Set(stores.flatMap(({ ids }) => ids));
  const deadline = performance.now() + ARRIVAL_MS;
  const rest = () => recorded.symmetricDifference(new Set(reader.ids())).size;
  while (rest() > 0 && performance.now() < deadline) await sleep(200);
  const waiting = stores.reduce((total, store) => total + store.waiting, 0);
  return {
    remainder: rest() + waiting,
    dead_letters: stores.reduce((total, store) => total + store.dead, 0),
  };
}
