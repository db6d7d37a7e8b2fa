import { readTopic, type TopicReader } from '../alerts/topic-reader.ts';
import { freePorts } from '../services/free-ports.ts';
import { type KafkaBroker, startKafka } from '../services/kafka.ts';
import { kafkaClient } from '../services/kafka-client.ts';
import { makeTopic } from '../services/make-topic.ts';
import { type PostgresServer, startPostgres } from '../services/postgres.ts';
import { startTcpProxy, type TcpProxy } from '../services/tcp-proxy.ts';
import { type Driver, startDriver, startEcho } from './driver.ts';
import { type FaultyGateway, startFaultyGateway } from './faulty-gateway.ts';

/** Everything that faults are inflicted on, and who watches. */
export interface Stage {
  readonly broker: KafkaBroker;
  /** Between the gateways and the broker. */
  readonly proxy: TcpProxy;
  readonly gateways: readonly FaultyGateway[];
  /** The server whose database the gateways share; null where each has a file of its own. */
  readonly server: PostgresServer | null;
  readonly driver: Driver;
  /** Reads the topic from its beginning while all goes on. */
  readonly reader: TopicReader;
}

/** What to set up. */
export interface StagePlan {
  /** `PostgreSQL`: two replicas on one database, and each exchange of a conversation may go to either. */
  readonly store: 'SQLite' | 'PostgreSQL';
  readonly conversations: number;
  readonly pauseMs: number;
}

/** The topic of the alerts. */
export const TOPIC = 'telltale.alerts';

const GATEWAYS = 2;

/** Starts a broker behind a proxy, two gateways, a driver and a reader.
 *  @param closers - gets what ends each, to be called in reverse order */
export async function setStage(plan: StagePlan, closers: (() => unknown)[]): Promise<Stage> {
  const [innerPort = 0] = await freePorts(1);
  const proxy = await startTcpProxy(() => innerPort);
  closers.push(() => proxy.close());
  const broker = await startKafka({ proxied: { port: innerPort, advertisedPort: proxy.port } });
  closers.push(() => broker.close());
  await makeAlertTopic(broker);
  const reader = await readTopic(broker.brokers, TOPIC);
  closers.push(() => reader.close());
  const echo = await startEcho();
  closers.push(() => echo.close());
  const server = plan.store === 'PostgreSQL' ? await startPostgres() : null;
  if (server !== null) closers.push(() => server.close());
  const databaseUrl = await server?.createDatabase();
  const gateways: FaultyGateway[] = [];
  while (gateways.length < GATEWAYS) {
    const to = { upstream: echo.url, broker: `127.0.0.1:${proxy.port}`, topic: TOPIC };
    const gateway = await startFaultyGateway({ ...to, ...(databaseUrl !== undefined && { databaseUrl }) });
    closers.push(() => gateway.close());
    gateways.push(gateway);
  }
  const urls = gateways.map(({ url }) => url);
  const driver = startDriver({ gateways: urls, isHopping: server !== null, ...plan });
  closers.push(() => driver.close());
  return { broker, proxy, gateways, server, driver, reader };
}

async function makeAlertTopic({ brokers }: KafkaBroker): Promise<void> {
  // The broker's own time of arrival: a reader may need longer to come back than the gateways.
  const configEntries = [{ name: 'message.timestamp.type', value: 'LogAppendTime' }];
  await makeTopic(kafkaClient(brokers), { topic: TOPIC, numPartitions: 3, configEntries });
}
