import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Certificates, makeCertificates } from './certificates.ts';
import { freePorts } from './free-ports.ts';
import { kafkaJars } from './kafka-jars.ts';
import { type KafkaLayout, type KafkaListener, SCRAM_USER, serverProperties } from './kafka-properties.ts';
import { type ServiceProcess, startService } from './service-process.ts';
import { requireProgram } from './system-program.ts';

/** A real Kafka broker (4.4.0, KRaft, one node) on loopback, with its data in a temporary folder.
 *  Topics are not created on first use: use kafkajs' admin. */
export interface KafkaBroker {
  /** For kafkajs: `['127.0.0.1:PORT']`; stays the same over restarts. */
  readonly brokers: string[];
  /** Where the secured listeners are, if there are any. */
  readonly secured?: SecuredListeners;
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

/** What a broker has beside its plain listener. */
export interface KafkaOptions {
  /** Listeners for SASL over TLS and for client certificates, and an authorizer that grants nothing by itself. */
  readonly isSecured?: boolean;
  /** Another plain listener whose clients are sent to the port of a proxy. */
  readonly proxied?: { readonly port: number; readonly advertisedPort: number };
}

/** The secured listeners. Who uses the plain one may do everything. */
export interface SecuredListeners {
  readonly sasl: string;
  readonly mutualTls: string;
  readonly certificates: Certificates;
}

const READY_TIMEOUT_MS = 600_000;

/** The path of Java. */
export function requireJava(): string {
  return requireProgram(['java'], ['default-jre-headless', 'maven']);
}

/** Starts a broker with empty data; ready when this returns (3 to 5 s; the first time Maven fetches it).
 *  @throws Error in one clear line when Java or Maven is missing, or with the broker's output when it fails */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaBroker> {
  const java = requireJava();
  const classPath = join(kafkaJars(), '*');
  const folder = await mkdtemp(join(tmpdir(), 'telltale-kafka-'));
  const layout = await createLayout(folder, options);
  const config = join(folder, 'server.properties');
  await writeFile(config, serverProperties(layout));
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
    brokers: [`127.0.0.1:${layout.port}`],
    ...securedOf(layout),
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
  const users = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
    '--add-scram',
    `${mechanism}=[name=${SCRAM_USER},password=${SCRAM_USER}-secret]`,
  ]);
  await promisify(execFile)(java, [...args, 'format', '-t', clusterId, '-c', config, ...users]);
}

async function createLayout(folder: string, { isSecured, proxied }: KafkaOptions): Promise<KafkaLayout> {
  const [port = 0, controllerPort = 0, saslPort = 0, tlsPort = 0] = await freePorts(4);
  const listeners: KafkaListener[] = [];
  if (proxied !== undefined) listeners.push({ name: 'PROXIED', protocol: 'PLAINTEXT', ...proxied });
  if (isSecured !== true) return { folder, port, controllerPort, listeners };
  listeners.push({ name: 'SECURE', protocol: 'SASL_SSL', port: saslPort });
  listeners.push({ name: 'MUTUAL', protocol: 'SSL', port: tlsPort });
  return { folder, port, controllerPort, listeners, certificates: makeCertificates(folder) };
}

function securedOf({ listeners, certificates }: KafkaLayout): { secured?: SecuredListeners } {
  const at = (name: string) => `127.0.0.1:${listeners.find((listener) => listener.name === name)?.port}`;
  return certificates === undefined
    ? {}
    : { secured: { sasl: at('SECURE'), mutualTls: at('MUTUAL'), certificates } };
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
