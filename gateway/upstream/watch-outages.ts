import type { Logger } from '../telemetry/index.ts';
import type { Upstream } from './create-upstream.ts';

/** Between two outages that are told, so that an upstream that fails every other request does not fill the log. */
const BETWEEN_MS = 60_000;

/** The same upstream; one line in the log when it begins not to answer, and one when it answers again. */
export function watchOutages(upstream: Upstream, name: string, log: Logger): Upstream {
  let failures = 0;
  let isTold = false;
  let toldAt = Number.NEGATIVE_INFINITY;
  return {
    ...upstream,
    async send(request) {
      const answer = await upstream.send(request);
      if (answer.outcome === 'aborted') return answer;
      if (answer.outcome === 'answered') {
        if (isTold) log.info('upstream answers again', { upstream: name, failures });
        isTold = false;
        failures = 0;
        return answer;
      }
      failures += 1;
      const now = performance.now();
      if (!isTold && now - toldAt >= BETWEEN_MS) {
        isTold = true;
        toldAt = now;
        log.warn('upstream does not answer', {
          upstream: name,
          host: upstream.host,
          reason: answer.message,
        });
      }
      return answer;
    },
  };
}
