import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePorts } from './free-ports.ts';
import { kafkaJars } from './kafka-jars.ts';
import { type ServiceProcess, startService } from './service-process.ts';
import { requireProgram } from './system-program.ts';

/** A real Kafka broker (4.4.0, KRaft, one node) on loopback, with its data in a temporary folder.
 *  Topics are not created on first use: use kafkajs' admin. */
export interface KafkaBroker {
  /** For kafkajs: `['127.0.0.1:PORT']`; stays the same over restarts. */
  readonly brokers: string[];
  /** Ends the broker in its own time (SIGTERM); the data stays. */
  stop(): Promise<void>;
  /** Ends the broker with SIGKILL; the data stays as it is on disk. */
  kill(): Promise<void>;
  /** Starts it again on the same data and port; stops it first when it runs. */
  restart(): Promise<void>;
  /** Freezes the broker: its sockets stay open and nothing answers. */
  pause(): void;
  /** Lets a frozen broker go on. */
  resume(): void;
  /** Ends it for good and deletes its data. */
  close(): Promise<void>;
}

const READY_TIMEOUT_MS = 90_000;

/** Starts a broker with empty data; ready when this returns (3 to 5 s; the first time Maven fetches it).
 *  @throws Error in one clear line when Java or Maven is missing, or with the broker's output when it fails */
export async function startKafka(): Promise<KafkaBroker> {
  const java = requireProgram(['java'], ['default-jre-headless', 'maven']);
  const classPath = join(await kafkaJars(), '*');
  const folder = await mkdtemp(join(tmpdir(), 'telltale-kafka-'));
  const [port = 0, controllerPort = 0] = await freePorts(2);
  const config = join(folder, 'server.properties');
  await writeFile(config, serverProperties(folder, port, controllerPort));
  await format(java, classPath, config);
  const start = () => startBroker(java, classPath, config);
  let broker = await start();
  const restart = async () => {
    await broker.stop();
    broker = await start();
  };
  const close = async () => {
    await broker.kill();
    await rm(folder, { recursive: true, force: true });
  };
  return {
    brokers: [`127.0.0.1:${port}`],
    stop: () => broker.stop(),
    kill: () => broker.kill(),
    restart,
    pause: () => broker.signal('SIGSTOP'),
    resume: () => broker.signal('SIGCONT'),
    close,
  };
}

async function format(java: string, classPath: string, config: string): Promise<void> {
  const clusterId = randomBytes(16).toString('base64url').replace(/^-/, 'A');
  const args = ['-Xmx128m', '-XX:TieredStopAtLevel=1', '-cp', classPath, 'kafka.tools.StorageTool'];
  await promisify(execFile)(java, [...args, 'format', '-t', clusterId, '-c', config]);
}

function startBroker(java: string, classPath: string, config: string): Promise<ServiceProcess> {
  const flags = ['-Xmx256m', '-Xms64m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
  return startService({
    command: java,
    args: [...flags, '-cp', classPath, 'kafka.Kafka', config],
    readyWhen: /Kafka Server started/,
    readyTimeoutMs: READY_TIMEOUT_MS,
  });
}

function serverProperties(folder: string, port: number, controllerPort: number): string {
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'log.dirs': join(folder, 'data'),
    'num.partitions': 6,
    'auto.create.topics.enable': false,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}
