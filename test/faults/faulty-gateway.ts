import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLedger } from '../../alerts/index.ts';
import { rule, ruleFile } from '../gateway/start-gateway.ts';
import { freePorts } from '../services/free-ports.ts';
import { type ServiceProcess, startService } from '../services/service-process.ts';

/** A gateway that is killed and started again on the same data and port. */
export interface FaultyGateway {
  readonly url: string;
  /** SIGKILL, then a new process. */
  kill(): Promise<void>;
  /** SIGTERM, the end in its own time, then a new process. */
  restart(): Promise<void>;
  /** Another process holds the store's lock. */
  lockStore(ms: number): Promise<void>;
  /** SIGTERM. */
  stop(): Promise<void>;
  /** The ids of all alerts that the store knows, and how many are not delivered; only once it is stopped. */
  readStore(): Promise<{ ids: string[]; waiting: number; dead: number }>;
  /** Ends it, and removes what it left. */
  close(): Promise<void>;
  output(): string;
}

export interface FaultyGatewayOptions {
  readonly folder: string;
  readonly upstream: string;
  /** The broker as the gateway reaches it. */
  readonly broker: string;
  readonly topic: string;
}

const FLAGS = ['--disable-warning=ExperimentalWarning', '--disable-warning=TimeoutNegativeWarning'];
const READY_MS = 180_000;

/** Starts it with a rule that flags and a store that must take everything. */
export async function startFaultyGateway(options: FaultyGatewayOptions): Promise<FaultyGateway> {
  const { folder } = options;
  const [port = 0, reviewPort = 0, metricsPort = 0] = await freePorts(3);
  const data = join(folder, 'data');
  mkdirSync(join(folder, 'rules'), { recursive: true });
  writeFileSync(join(folder, 'rules', 'a.yaml'), ruleFile([rule({ target: 'output' })]));
  writeFileSync(join(folder, 'index.html'), '<!doctype html>');
  const config = {
    server: { port },
    review: { port: reviewPort },
    metrics: { port: metricsPort },
    upstream: { url: options.upstream },
    rules: join(folder, 'rules'),
    data,
    store: { content: 'full' },
    kafka: { brokers: [options.broker], topic: options.topic },
    policy: { on_unrecorded: 'block' },
  };
  const env = { ...process.env, FAULTS_CONFIG: JSON.stringify({ config, webPath: folder }) };
  let output = '';
  const start = () =>
    startService({
      command: process.execPath,
      args: [...FLAGS, join(import.meta.dirname, 'gateway-process.ts')],
      env,
      readyWhen: /listening at/,
      readyTimeoutMs: READY_MS,
    });
  let service: ServiceProcess = await start();
  const end = async (how: 'kill' | 'stop') => {
    await service[how]();
    output += service.output();
  };
  const again = async (how: 'kill' | 'stop') => {
    await end(how);
    service = await start();
  };
  return {
    url: `http://127.0.0.1:${port}`,
    kill: () => again('kill'),
    restart: () => again('stop'),
    lockStore: (ms) => lock(join(data, 'telltale.db'), ms),
    stop: () => end('stop'),
    readStore: () => readStore(data),
    async close() {
      if (service.isRunning()) await end('kill');
      rmSync(folder, { recursive: true, force: true });
    },
    output: () => output + (service.isRunning() ? service.output() : ''),
  };
}

async function lock(path: string, ms: number): Promise<void> {
  const database = new DatabaseSync(path, { timeout: 10_000 });
  try {
    database.exec('BEGIN IMMEDIATE');
    await sleep(ms);
    database.exec('ROLLBACK');
  } finally {
    database.close();
  }
}

const PAGE = 200;

async function readStore(dataDir: string) {
  const ledger = await createLedger({ dataDir, sinks: [] });
  try {
    const ids: string[] = [];
    for (let before: number | undefined; ; ) {
      const page = await ledger.listFlagged({ limit: PAGE, ...(before !== undefined && { before }) });
      ids.push(...page.flatMap(({ findings }) => findings.map(({ alertId }) => alertId)));
      before = page.at(-1)?.cursor;
      if (page.length < PAGE) break;
    }
    const { depth, dead } = await ledger.depth('kafka');
    return { ids, waiting: depth, dead };
  } finally {
    await ledger.close();
  }
}
