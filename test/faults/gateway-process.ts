import { flushCompileCache } from 'node:module';
import { configSchema } from '../../gateway/config/schema.ts';
import { startTelltale } from '../../gateway/start-telltale.ts';
import { createLogger } from '../../gateway/telemetry/index.ts';
import { createWordDetector } from '../gateway/word-detector.ts';

/** The whole gateway in a process of its own, but for the reader: in its place stand numbers that the driver can
 *  foresee, so that it knows which answers must alert. The configuration is FAULTS_CONFIG, as JSON. */
const given = JSON.parse(process.env['FAULTS_CONFIG'] ?? '{}') as { config: object; webPath: string };
const running = await startTelltale(configSchema.parse(given.config), {
  detector: createWordDetector(),
  webPath: given.webPath,
  log: createLogger('warn'),
});
process.once('SIGTERM', () => void running.stop().then(() => process.exit(0)));
// So that whoever takes this process's place, when it was killed, starts sooner.
flushCompileCache();
process.stdout.write(`listening at ${running.url}\n`);
