import { loadConfig } from '../config/load-config.ts';
import { createLogger } from '../telemetry/index.ts';
import { startWorker } from './start-worker.ts';

/** Runs a worker until SIGTERM or SIGINT.
 *  @param name - of its folder within the data folder */
export async function runWorker(name: string, env: NodeJS.ProcessEnv): Promise<void> {
  const log = createLogger();
  const running = await startWorker(loadConfig(env), { log, name, env });
  log.info('worker started', { url: running.url, name });
  process.on('SIGHUP', () => {
    running.reloadRules().catch((error: unknown) => log.error('rules could not be read', error));
  });
  const signal = await new Promise<string>((resolve) => {
    process.once('SIGTERM', resolve).once('SIGINT', resolve);
  });
  log.info('stopping', { signal });
  await running.stop();
  log.info('stopped');
}
