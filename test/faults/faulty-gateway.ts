import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { mountMemory, unmount } from '../alerts/small-disk.ts';
import { rule, ruleFile } from '../gateway/start-gateway.ts';
import { freePorts } from '../services/free-ports.ts';
import { type ServiceProcess, startService } from '../services/service-process.ts';
import { readCounters } from './counters.ts';
import type { StoreAt } from './faulty-store.ts';

/** A gateway that is killed and started again on the same data and port. */
export interface FaultyGateway {
  readonly url: string;
  readonly store: StoreAt;
  /** Null where its data lie on a disk that can be filled, else why not. */
  readonly noSmallDisk: string | null;
  /** SIGKILL, then a new process. */
  kill(): Promise<void>;
  /** SIGTERM, the end in its own time, then a new process. */
  restart(): Promise<void>;
  /** Takes what is left of its disk. @returns frees it again */
  fillDisk(): () => void;
  /** Sets its wall clock off by so much. */
  setClock(offsetMs: number): void;
  /** Its counters, by name, summed over their labels. */
  counters(): Promise<ReadonlyMap<string, number>>;
  /** SIGTERM. */
  stop(): Promise<void>;
  /** Ends it, and removes what it left. */
  close(): Promise<void>;
  output(): string;
}

/** What it is told. */
export interface FaultyGatewayOptions {
  readonly upstream: string;
  /** The broker as the gateway reaches it. */
  readonly broker: string;
  readonly topic: string;
  /** Left out: a file in its own folder. */
  readonly databaseUrl?: string;
}

const FLAGS = ['--disable-warning=ExperimentalWarning', '--disable-warning=TimeoutNegativeWarning'];
const CLOCK = join(import.meta.dirname, 'stepped-clock.ts');
const PROCESS = join(import.meta.dirname, 'gateway-process.ts');
const READY_MS = 180_000;
const MAX_STARTS = 30;
const START_AGAIN_MS = 500;
const DISK = '256m';
const PIECE = Buffer.alloc(1024 * 1024, 'x');

/** Starts it with a rule that flags and a store that must take everything. */
export async function startFaultyGateway(options: FaultyGatewayOptions): Promise<FaultyGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'telltale-faults-'));
  const data = join(folder, 'data');
  mkdirSync(data);
  const noSmallDisk = mountMemory(data, DISK);
  const ports = await freePorts(3);
  const clock = join(folder, 'clock');
  const env = {
    ...process.env,
    FAULTS_CLOCK: clock,
    FAULTS_CONFIG: configOf(options, { folder, data, ports }),
  };
  let output = '';
  const startOnce = () =>
    startService({
      command: process.execPath,
      args: [...FLAGS, '--import', CLOCK, PROCESS],
      env,
      readyWhen: /listening at/,
      readyTimeoutMs: READY_MS,
    });
  // As whoever runs it would: one that ends since its database is away is started again.
  const start = async (): Promise<ServiceProcess> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await startOnce();
      } catch (error) {
        if (attempt === MAX_STARTS) throw error;
        await sleep(START_AGAIN_MS);
      }
    }
  };
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
    url: `http://127.0.0.1:${ports[0]}`,
    store: { dataDir: data, ...(options.databaseUrl !== undefined && { databaseUrl: options.databaseUrl }) },
    noSmallDisk,
    kill: () => again('kill'),
    restart: () => again('stop'),
    fillDisk: () => fill(join(data, 'ballast')),
    setClock: (offsetMs) => writeFileSync(clock, String(offsetMs)),
    counters: () => readCounters(`http://127.0.0.1:${ports[2]}/metrics`),
    stop: () => end('stop'),
    async close() {
      if (service.isRunning()) await end('kill');
      if (noSmallDisk === null) unmount(data);
      rmSync(folder, { recursive: true, force: true });
    },
    output: () => output + (service.isRunning() ? service.output() : ''),
  };
}

interface Place {
  readonly folder: string;
  readonly data: string;
  readonly ports: readonly number[];
}

function configOf(options: FaultyGatewayOptions, { folder, data, ports }: Place): string {
  mkdirSync(join(folder, 'rules'));
  writeFileSync(join(folder, 'rules', 'a.yaml'), ruleFile([rule({ target: 'output' })]));
  writeFileSync(join(folder, 'index.html'), '<!doctype html>');
  const [port, reviewPort, metricsPort] = ports;
  const config = {
    server: { port },
    review: { port: reviewPort, url: 'https://review.example' },
    metrics: { port: metricsPort },
    upstream: { url: options.upstream },
    rules: join(folder, 'rules'),
    data,
    store: { content: 'full', database_url: options.databaseUrl ?? null },
    kafka: { brokers: [options.broker], topic: options.topic },
    policy: { on_unrecorded: 'block' },
  };
  return JSON.stringify({ config, webPath: folder });
}

/** Writes until there is no room left. */
function fill(path: string): () => void {
  const free = () => rmSync(path, { force: true });
  try {
    for (let pieces = 0; pieces < 1024; pieces += 1) writeFileSync(path, PIECE, { flag: 'a' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return free;
    throw error;
  }
  free();
  throw new Error(`${path} does not lie on a small disk: it took ${PIECE.length * 1024} bytes`);
}
