import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configSchema } from '../../gateway/config/schema.ts';
import { createLogger } from '../../gateway/telemetry/index.ts';
import { startWorker } from '../../gateway/worker/start-worker.ts';
import { reportToDriver, settings } from '../gateway/report-to-driver.ts';

/** A worker with the real reader. */
const given = settings<{ scoring: object; rules: string; databaseUrl: string; threads: number }>();
const folder = mkdtempSync(join(tmpdir(), 'telltale-bench-worker-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const config = configSchema.parse({
  metrics: { port: 0 },
  rules: given.rules,
  data: folder,
  scoring: given.scoring,
  store: { database_url: given.databaseUrl },
  // What was read in an earlier round would not be read again, and what is let go unread would count as scored.
  detector: { score_cache_bytes: 0, workers: given.threads, timeout_ms: 600_000 },
});
const running = await startWorker(config, { log: createLogger('error') });
reportToDriver(running.url, { metricsUrl: `${running.url}/metrics` });
