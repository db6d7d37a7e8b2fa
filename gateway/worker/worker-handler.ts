import type { RequestListener } from 'node:http';
import type { Readiness } from '../health.ts';
import { createMetricsHandler } from '../metrics-handler.ts';
import type { Telemetry } from '../telemetry/index.ts';

/** Answers `GET /metrics`, `/healthz` and `/readyz` of a worker. */
export function createWorkerHandler(telemetry: Telemetry, readiness: () => Readiness): RequestListener {
  const metrics = createMetricsHandler(telemetry);
  return (request, response) => {
    const path = request.url?.split('?')[0];
    if (path === '/healthz') sendJson(response, 200, { status: 'ok' });
    else if (path === '/readyz') {
      const { isReady, notes } = readiness();
      sendJson(response, isReady ? 200 : 503, { status: isReady ? 'ready' : 'not ready', notes });
    } else metrics(request, response);
  };
}

function sendJson(response: Parameters<RequestListener>[1], status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
}
