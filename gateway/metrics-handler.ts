import type { RequestListener } from 'node:http';
import type { Telemetry } from './telemetry/index.ts';

/** Answers `GET /metrics` in Prometheus' text format, and nothing else. */
export function createMetricsHandler(telemetry: Telemetry): RequestListener {
  return (request, response) => {
    if (request.url?.split('?')[0] !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    telemetry.metricsText().then(
      (text) =>
        response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text),
      () => response.writeHead(500).end(),
    );
  };
}
