import { configSchema } from '../../gateway/config/schema.ts';
import { createLogger } from '../../gateway/telemetry/index.ts';
import { startWorker } from '../../gateway/worker/start-worker.ts';
import { createWordDetector } from './word-detector.ts';

/** A worker in a process of its own, that can be killed: the configuration is its argument, in JSON. */
const config = configSchema.parse(JSON.parse(process.argv[2] ?? '{}'));
const running = await startWorker(config, {
  log: createLogger('warn'),
  detector: createWordDetector(),
  sessionTimeoutMs: 6_000,
});
process.stdout.write('working\n');
process.once('SIGTERM', () => {
  running.stop().then(() => process.exit(0));
});
