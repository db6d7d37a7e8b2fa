import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Detector } from '../../detectors/index.ts';
import { configSchema } from '../../gateway/config/schema.ts';
import { createLogger, type Logger } from '../../gateway/telemetry/index.ts';
import { type RunningWorker, startWorker } from '../../gateway/worker/start-worker.ts';
import { createWordDetector } from './word-detector.ts';

export interface TestWorkerOptions {
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly rules: Readonly<Record<string, string>>;
  readonly detector?: Detector;
  readonly databaseUrl?: string;
  readonly config?: Readonly<Record<string, object>>;
  readonly log?: Logger;
}

/** A worker of a test, with its state in a folder of its own. */
export interface TestWorker extends RunningWorker {
  readonly folder: string;
  readonly rulesFolder: string;
  metrics(): Promise<string>;
}

/** What gateway and worker of a test are told of the topic. */
export function scoringOf(
  { brokers, topic }: Pick<TestWorkerOptions, 'brokers' | 'topic'>,
  more: object = {},
): Record<string, unknown> {
  return { where: 'kafka', brokers, topic, group: `${topic}-workers`, partitions: 4, ...more };
}

/** Starts a worker for one test and stops it after. */
export async function startTestWorker(context: TestContext, options: TestWorkerOptions): Promise<TestWorker> {
  const folder = mkdtempSync(join(tmpdir(), 'telltale-worker-'));
  const rulesFolder = join(folder, 'rules');
  mkdirSync(rulesFolder);
  for (const [name, text] of Object.entries(options.rules)) writeFileSync(join(rulesFolder, name), text);
  const { scoring, ...rest } = options.config ?? {};
  const config = configSchema.parse({
    metrics: { host: '127.0.0.1', port: 0 },
    rules: rulesFolder,
    data: folder,
    scoring: scoringOf(options, scoring),
    store: { database_url: options.databaseUrl ?? null },
    ...rest,
  });
  const running = await startWorker(config, {
    log: options.log ?? createLogger('silent'),
    detector: options.detector ?? createWordDetector(),
    env: {},
  });
  context.after(async () => {
    await running.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    ...running,
    folder,
    rulesFolder,
    metrics: async () => (await fetch(`${running.url}/metrics`)).text(),
  };
}
