import type { RequestListener } from 'node:http';
import type { Telemetry } from './telemetry/index.ts';

const TYPES = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
} as const;

/** Answers `GET /metrics` in Prometheus' text format, or in OpenMetrics with exemplars to who asks for it. */
export function createMetricsHandler(telemetry: Telemetry): RequestListener {
  return (request, response) => {
    if (request.url?.split('?')[0] !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    const accepted = request.headers.accept ?? '';
    const format = accepted.includes('application/openmetrics-text') ? 'openmetrics' : 'prometheus';
    telemetry.metricsText(format).then(
      (text) => response.writeHead(200, { 'content-type': TYPES[format] }).end(text),
      () => response.writeHead(500).end(),
    );
  };
}
