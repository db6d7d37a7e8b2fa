import { AlertsError } from '../alerts/index.ts';
import { DetectorError } from '../detectors/index.ts';
import { ReviewError } from '../review/index.ts';
import { banner } from './banner.ts';
import { loadConfig } from './config/load-config.ts';
import { GatewayError } from './gateway-error.ts';
import { describeSinks } from './sinks/create-sinks.ts';
import { type Running, startTelltale } from './start-telltale.ts';
import { createLogger } from './telemetry/index.ts';

const log = createLogger();

async function main(): Promise<void> {
  const config = loadConfig(process.env);
  const running = await startTelltale(config, { log });
  process.stderr.write(banner(running, describeSinks(config)));
  const stop = (signal: string) => void stopOnce(running, signal);
  process.on('SIGTERM', stop).on('SIGINT', stop);
  process.on('SIGHUP', () => {
    running.reloadRules().catch((error: unknown) => log.error('rules could not be read', error));
  });
}

async function stopOnce(running: Running, signal: string): Promise<void> {
  log.info('stopping', { signal, inFlight: running.inFlight() });
  await running.stop();
  log.info('stopped');
  process.exit(0);
}

/** What a person can mend is told in a sentence; all else with its stack. */
function isExplained(error: unknown): error is Error {
  return [GatewayError, DetectorError, AlertsError, ReviewError].some((kind) => error instanceof kind);
}

main().catch((error: unknown) => {
  if (isExplained(error)) process.stderr.write(`telltale: ${error.message}\n`);
  else log.error('could not start', error);
  process.exit(1);
});
