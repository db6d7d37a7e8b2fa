import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configSchema } from '../../gateway/config/schema.ts';
import { startTelltale } from '../../gateway/start-telltale.ts';
import { createLogger } from '../../gateway/telemetry/index.ts';
import { reportToDriver, settings } from './report-to-driver.ts';

// A load of equal requests would measure what is remembered.
const {
  upstream,
  rules,
  detector = { score_cache_bytes: 0 },
  more = {},
} = settings<{ upstream: string; rules: string; detector?: object; more?: object }>();
const folder = mkdtempSync(join(tmpdir(), 'telltale-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
writeFileSync(join(folder, 'index.html'), '');
const config = configSchema.parse({
  server: { port: 0 },
  review: { port: 0 },
  metrics: { port: 0 },
  upstream: { url: upstream },
  rules,
  data: join(folder, 'data'),
  detector,
  ...more,
});
const running = await startTelltale(config, { webPath: folder, log: createLogger('error') });
reportToDriver(running.url, { metricsUrl: running.metricsUrl });
