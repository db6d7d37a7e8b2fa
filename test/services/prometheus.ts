import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from './free-ports.ts';
import { startService } from './service-process.ts';
import { requireProgram } from './system-program.ts';

/** One line of a query: its labels, and its values over time as [seconds, value]. */
export interface PrometheusSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [seconds: number, value: number])[];
}

/** A real Prometheus on loopback, with its data in a temporary folder. */
export interface Prometheus {
  readonly url: string;
  /** What an expression is at one moment; each line has one value. */
  query(expression: string, seconds: number): Promise<readonly PrometheusSeries[]>;
  /** What it is from one moment to another, all in seconds. */
  queryRange(expression: string, range: QueryRange): Promise<readonly PrometheusSeries[]>;
  /** Names of alerts that are in a state at present. */
  alertsIn(state: 'pending' | 'firing'): Promise<readonly string[]>;
  close(): Promise<void>;
}

export interface QueryRange {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

export interface PrometheusOptions {
  /** prometheus.yaml as an object. */
  readonly config?: object;
  /** Fills the folder before the start: beside the configuration rule files, below `data` blocks of samples. */
  readonly prepare?: (folder: string) => Promise<void>;
}

const CONFIG = 'prometheus.json';
const READY_TIMEOUT_MS = 120_000;

/** The path of Prometheus; `PROMETHEUS_PATH` names another one. */
export function requirePrometheus(): string {
  return process.env['PROMETHEUS_PATH'] ?? requireProgram(['prometheus'], ['prometheus']);
}

/** Starts Prometheus and waits until it takes requests.
 *  @throws Error with its output where it does not start */
export async function startPrometheus({ config = {}, prepare }: PrometheusOptions = {}): Promise<Prometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'telltale-prometheus-'));
  const data = join(folder, 'data');
  await mkdir(data);
  await prepare?.(folder);
  await writeFile(join(folder, CONFIG), JSON.stringify(config));
  const [port = 0] = await freePorts(1);
  const service = await startService({
    command: requirePrometheus(),
    cwd: folder,
    args: [
      `--config.file=${CONFIG}`,
      `--storage.tsdb.path=${data}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    readyWhen: /Server is ready to receive web requests/,
    readyTimeoutMs: READY_TIMEOUT_MS,
  });
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    query: (expression, seconds) => ask(url, 'query', { query: expression, time: `${seconds}` }),
    queryRange: (expression, { start, end, step }) =>
      ask(url, 'query_range', {
        query: expression,
        start: `${start}`,
        end: `${end}`,
        step: `${step}`,
      }),
    alertsIn: (state) => alertsIn(url, state),
    async close() {
      await service.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data: { readonly result: readonly AnsweredSeries[] };
}

interface AnsweredSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: Sample;
  readonly values?: readonly Sample[];
}

type Sample = readonly [seconds: number, value: string];

async function ask(
  url: string,
  path: 'query' | 'query_range',
  parameters: Readonly<Record<string, string>>,
): Promise<readonly PrometheusSeries[]> {
  const body = new URLSearchParams(parameters);
  const response = await fetch(`${url}/api/v1/${path}`, { method: 'POST', body });
  const { status, error, data } = (await response.json()) as Answer;
  if (status !== 'success') throw new Error(`${parameters['query']}: ${error}`);
  return data.result.map(({ metric, value, values = value === undefined ? [] : [value] }) => ({
    metric,
    values: values.map(([seconds, text]) => [seconds, numberOf(text)] as const),
  }));
}

/** As Prometheus writes it, `+Inf` included. */
function numberOf(text: string): number {
  return /^[+-]?Inf$/.test(text) ? Number(text.replace('Inf', 'Infinity')) : Number(text);
}

async function alertsIn(url: string, state: string): Promise<readonly string[]> {
  const response = await fetch(`${url}/api/v1/alerts`);
  const { data } = (await response.json()) as {
    data: { alerts: { state: string; labels: { alertname: string } }[] };
  };
  return data.alerts.filter((alert) => alert.state === state).map(({ labels }) => labels.alertname);
}
