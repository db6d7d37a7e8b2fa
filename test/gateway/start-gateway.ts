import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { StoredExchange } from '../../alerts/index.ts';
import type { Detector } from '../../detectors/index.ts';
import { configSchema } from '../../gateway/config/schema.ts';
import { type Running, startTelltale } from '../../gateway/start-telltale.ts';
import { createLogger, type Logger } from '../../gateway/telemetry/index.ts';
import { until } from './until.ts';
import { createWordDetector } from './word-detector.ts';

/** A gateway on free ports, with its state in a folder of its own. */
export interface TestGateway extends Running {
  readonly folder: string;
  readonly rulesFolder: string;
  post(body: unknown, init?: RequestInit): Promise<Response>;
  /** The record that the answer's exchange left in the store. */
  recordOf(response: Response): Promise<StoredExchange>;
  metrics(): Promise<string>;
}

export interface TestGatewayOptions {
  readonly upstream?: string;
  /** Rule files by name; default: none that fires. */
  readonly rules?: Readonly<Record<string, string>>;
  readonly config?: Readonly<Record<string, object>>;
  readonly detector?: Detector;
  readonly log?: Logger;
  readonly env?: NodeJS.ProcessEnv;
  /** How long its stop waits for what is still to be delivered. */
  readonly relayDeadlineMs?: number;
}

const LONG_MS = 600_000;

/** Longer than any machine takes, however crowded: what a test does not say of time is not what it is about. */
const PATIENT = {
  upstream: { connect_timeout_ms: LONG_MS },
  streaming: { hold_ms: LONG_MS },
  limits: { max_lag_ms: LONG_MS, header_timeout_ms: LONG_MS },
  detector: { timeout_ms: LONG_MS },
};

/** Starts Telltale for one test and stops it after. */
export async function startGateway(
  context: TestContext,
  options: TestGatewayOptions = {},
): Promise<TestGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'telltale-gateway-'));
  const rulesFolder = join(folder, 'rules');
  mkdirSync(rulesFolder);
  writeFileSync(join(folder, 'index.html'), '<!doctype html>');
  for (const [name, text] of Object.entries(options.rules ?? { 'a.yaml': ruleFile([rule()]) })) {
    writeFileSync(join(rulesFolder, name), text);
  }
  const config = configSchema.parse({
    rules: rulesFolder,
    data: join(folder, 'data'),
    // A thread more for each gateway: the tests of replay ask for it.
    replay: { keep: 'off' },
    ...configOf(options),
  });
  const detector = options.detector ?? createWordDetector();
  const log = options.log ?? createLogger('silent');
  const { env = {}, relayDeadlineMs } = options;
  const running = await startTelltale(config, {
    detector,
    webPath: folder,
    log,
    env,
    commitTimeoutMs: LONG_MS,
    ...(relayDeadlineMs === undefined ? {} : { relayDeadlineMs }),
  });
  context.after(async () => {
    await running.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return { ...running, folder, rulesFolder, ...questions(running) };
}

function configOf({ upstream, config = {} }: TestGatewayOptions): object {
  const free = { host: '127.0.0.1', port: 0 };
  const { server, review = free, metrics = free, ...rest } = config;
  return {
    review,
    metrics,
    ...rest,
    server: { ...free, ...server },
    upstream: { url: upstream ?? null, ...PATIENT.upstream, ...rest['upstream'] },
    streaming: { ...PATIENT.streaming, ...rest['streaming'] },
    limits: { ...PATIENT.limits, ...rest['limits'] },
    detector: { ...PATIENT.detector, ...rest['detector'] },
  };
}

function questions(running: Running): Pick<TestGateway, 'post' | 'recordOf' | 'metrics'> {
  return {
    post: (body, init) =>
      fetch(`${running.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: typeof body === 'string' || body instanceof Uint8Array ? (body as never) : JSON.stringify(body),
        ...init,
      }),
    async recordOf(response) {
      const id = response.headers.get('x-telltale-exchange-id') ?? '';
      return recordWithin(running, id);
    },
    metrics: async () => (await fetch(running.metricsUrl)).text(),
  };
}

/** The record of an exchange, which of a client that left comes a little later than its leaving. */
export async function recordWithin({ ledger }: Pick<Running, 'ledger'>, id: string): Promise<StoredExchange> {
  let record: StoredExchange | null = null;
  await until(async () => {
    record = await ledger.readExchange(id);
    return record !== null;
  });
  return record as unknown as StoredExchange;
}

export interface RuleOptions {
  readonly name?: string;
  readonly mode?: string;
  readonly target?: string;
  readonly action?: string;
  readonly concept?: string;
  readonly above?: number;
}

/** A rule that fires on a word of the word detector's. */
export function rule(options: RuleOptions = {}): string {
  const {
    name = 'deceives',
    mode = 'flag',
    target = 'any',
    action = 'block',
    concept = 'deception',
    above = 5,
  } = options;
  const digits = Buffer.from(name).toString('hex').padEnd(12, '0').slice(0, 12);
  return `  - id: 0c1f6a52-7d8e-4c0b-9a34-${digits}
    name: ${name}
    title: ${name}
    description: for tests
    status: test
    version: 1
    level: high
    mode: ${mode}
    target: ${target}
    action: ${action}
    detection:
      met: {signal: {concept: ${concept}}, above: ${above}, aggregate: max}
    condition: met
`;
}

export function ruleFile(rules: readonly string[]): string {
  return `version: 1\nrules:\n${rules.join('')}`;
}
