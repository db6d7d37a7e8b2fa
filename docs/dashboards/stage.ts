import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDemoUpstream } from '../../gateway/demo-upstream/index.ts';
import { closedUrl, freePorts } from '../../test/services/free-ports.ts';
import { type KafkaBroker, startKafka } from '../../test/services/kafka.ts';
import { type Prometheus, startPrometheus } from '../../test/services/prometheus.ts';
import { startService } from '../../test/services/service-process.ts';

const ROOT = join(import.meta.dirname, '../..');
const FLAGS = ['--disable-warning=ExperimentalWarning', '--disable-warning=TimeoutNegativeWarning'];
const READY_TIMEOUT_MS = 300_000;
const REJECTED_ONE_IN = 15;
/** Any; the webhook's receiver is the script itself. */
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

/** Everything that the dashboards show, running: a gateway that scores, one that hands over to a worker, broker,
 *  webhook and Prometheus. */
export interface Stage {
  /** Scores in line. */
  readonly gatewayUrl: string;
  /** Hands over to the worker. */
  readonly handingUrl: string;
  readonly broker: KafkaBroker;
  readonly prometheus: Prometheus;
  /** Writes the team's rule file anew: as it is, with another threshold, or with a misspelt key. */
  writeRules(state: HouseRules): Promise<void>;
  close(): Promise<void>;
}

export type HouseRules = 'as they are' | 'changed' | 'broken';

/** Starts it all; whoever calls closes it.
 *  @param scrapeSeconds - how often Prometheus reads */
export async function setStage(scrapeSeconds: number): Promise<Stage> {
  const started = new AsyncDisposableStack();
  const closing = <T extends { close(): Promise<unknown> }>(part: T): T => {
    started.defer(async () => void (await part.close()));
    return part;
  };
  try {
    const folder = await mkdtemp(join(tmpdir(), 'telltale-dashboards-'));
    started.defer(() => rm(folder, { recursive: true, force: true }));
    const writeRules = await houseRulesIn(join(folder, 'rules'));
    const broker = closing(await startKafka());
    const upstream = closing(await createDemoUpstream({ port: 0, chunkDelayMs: 10 }));
    const webhook = closing(await startWebhook());
    const shared = { UPSTREAM_URL: upstream.url, KAFKA_BROKERS: broker.brokers.join(',') };
    const scoring = { ...shared, ...(await scoringIn(folder, webhook.url)) };
    const handing = { ...shared, TELLTALE_SCORING_WHERE: 'kafka', TELLTALE_DATA: join(folder, 'two') };
    const gateway = closing(await startTelltale(['gateway/main.ts'], scoring));
    const other = closing(await startTelltale(['gateway/main.ts'], handing));
    const worker = closing(await startTelltale(['gateway/cli.ts', 'worker'], handing));
    const prometheus = closing(
      await startPrometheus({
        prepare: (place) => copyFile(join(ROOT, 'deploy/prometheus/alerts.yaml'), join(place, 'alerts.yaml')),
        config: prometheusConfig({
          scrapeSeconds,
          gateways: { 'gateway-1': gateway.metrics, 'gateway-2': other.metrics },
          workers: { 'worker-1': worker.metrics },
        }),
      }),
    );
    const close = () => started.disposeAsync();
    return { gatewayUrl: gateway.url, handingUrl: other.url, broker, prometheus, writeRules, close };
  } catch (error) {
    await started.disposeAsync();
    throw error;
  }
}

/** Starts a gateway or a worker on free ports. */
async function startTelltale(args: readonly string[], env: Readonly<Record<string, string>>) {
  const [port = 0, reviewPort = 0, metricsPort = 0] = await freePorts(3);
  const ports = { PORT: `${port}`, REVIEW_PORT: `${reviewPort}`, TELLTALE_METRICS_PORT: `${metricsPort}` };
  const service = await startService({
    command: process.execPath,
    args: [...FLAGS, ...args],
    cwd: ROOT,
    env: { PATH: process.env['PATH'], ...ports, ...env },
    readyWhen: args.includes('worker') ? /worker started/ : /^ {2}Try$/m,
    readyTimeoutMs: READY_TIMEOUT_MS,
  });
  return {
    url: `http://127.0.0.1:${port}`,
    metrics: `127.0.0.1:${metricsPort}`,
    close: () => service.stop(),
  };
}

/** Of the gateway that scores: shipped and house rules, a model whose upstream is gone, a low water mark, and sinks beside
 *  Kafka: a webhook, and a file that groups. */
async function scoringIn(folder: string, webhookUrl: string): Promise<Readonly<Record<string, string>>> {
  const settings = {
    upstreams: [{ name: 'gone', url: await closedUrl(), match: { model: 'gone-*' } }],
    store: { high_water_rows: 50 },
    sinks: [
      { type: 'webhook', name: 'soc', url: webhookUrl, secret_envs: ['WEBHOOK_SECRET'] },
      {
        type: 'file',
        name: 'archive',
        path: join(folder, 'alerts.jsonl'),
        group: { by: ['rule'], wait_ms: 60_000 },
      },
    ],
  };
  const config = join(folder, 'telltale.json');
  await writeFile(config, JSON.stringify(settings));
  return {
    TELLTALE_RULES: `shipped,${join(folder, 'rules')}`,
    TELLTALE_CONFIG: config,
    TELLTALE_DATA: join(folder, 'one'),
    WEBHOOK_SECRET: SECRET,
  };
}

/** Takes what comes, and refuses one in so many for good. */
async function startWebhook() {
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    request.resume();
    response.writeHead(requests % REJECTED_ONE_IN === 0 ? 422 : 204).end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const close = async () => {
    server.closeAllConnections();
    await once(server.close(), 'close');
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, close };
}

/** Puts the team's rules into a new folder.
 *  @returns writes them anew */
async function houseRulesIn(folder: string): Promise<Stage['writeRules']> {
  const text = await readFile(join(import.meta.dirname, 'house.yaml'), 'utf8');
  const texts: Readonly<Record<HouseRules, string>> = {
    'as they are': text,
    changed: text.replace('1/100', '1/200'),
    broken: text.replace('rarer_than', 'rarer_then'),
  };
  const write = (state: HouseRules) => writeFile(join(folder, 'house.yaml'), texts[state]);
  await mkdir(folder);
  await write('as they are');
  return write;
}

interface Scraped {
  readonly scrapeSeconds: number;
  readonly gateways: Readonly<Record<string, string>>;
  readonly workers: Readonly<Record<string, string>>;
}

/** As deploy/prometheus has it, but for the addresses and a shorter interval. */
function prometheusConfig({ scrapeSeconds, gateways, workers }: Scraped): object {
  const every = `${scrapeSeconds}s`;
  const jobOf = (name: string, targets: Readonly<Record<string, string>>) => ({
    job_name: name,
    static_configs: Object.entries(targets).map(([instance, address]) => ({
      targets: [address],
      labels: { instance },
    })),
  });
  return {
    global: { scrape_interval: every, evaluation_interval: every },
    rule_files: ['alerts.yaml'],
    scrape_configs: [jobOf('telltale', gateways), jobOf('telltale-workers', workers)],
  };
}
