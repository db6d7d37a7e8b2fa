import type { Logger } from './logger.ts';
import type { OutageListener } from './outage-watch.ts';

/** One line when exports begin to fail and one when they work again, however many failed between. */
export function logOutages(log: Logger): OutageListener {
  return {
    onOutage: (signal, error) => log.warn('telemetry is not exported', { signal, reason: error?.message }),
    onRecovery: (signal, failures) => log.info('telemetry is exported again', { signal, failures }),
  };
}
