import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { type Arrivals, createArrivals } from './arrivals.ts';
import { type ReceivedPoint, type ReceivedSpan, readPoints, readSpans } from './otlp-records.ts';
import { decodeOtlp } from './otlp-wire.ts';

/** An OTLP/HTTP collector on loopback that decodes what it is sent (protobuf or JSON, gzip or not). */
export interface OtlpReceiver {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:PORT`. */
  readonly endpoint: string;
  readonly spans: Omit<Arrivals<ReceivedSpan>, 'add'>;
  readonly points: Omit<Arrivals<ReceivedPoint>, 'add'>;
  /** What was refused and why: bodies that do not decode, unknown paths. A good exporter leaves it empty. */
  readonly refusals: readonly string[];
  close(): Promise<void>;
}

/** Starts a receiver for `/v1/traces` and `/v1/metrics`. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans = createArrivals<ReceivedSpan>('spans', (span) => span.name);
  const points = createArrivals<ReceivedPoint>('points', (point) => point.metric);
  const refusals: string[] = [];
  const routes: Record<string, (contentType: string, body: Uint8Array) => void> = {
    '/v1/traces': (type, body) => spans.add(readSpans(decodeOtlp('ExportTraceServiceRequest', type, body))),
    '/v1/metrics': (type, body) =>
      points.add(readPoints(decodeOtlp('ExportMetricsServiceRequest', type, body))),
  };
  const server = createServer((request, response) => {
    void receive(request, routes).then(
      (contentType) => accept(response, contentType),
      (error: Error) => {
        refusals.push(`${request.method} ${request.url}: ${error.message}`);
        response.writeHead(400).end(error.message);
      },
    );
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const close = async () => {
    server.closeAllConnections();
    await once(server.close(), 'close');
  };
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { endpoint, spans, points, refusals, close };
}

async function receive(
  request: IncomingMessage,
  routes: Record<string, (contentType: string, body: Uint8Array) => void>,
): Promise<string> {
  const contentType = request.headers['content-type'] ?? '';
  const body = await buffer(request);
  const take = request.method === 'POST' ? routes[request.url ?? ''] : undefined;
  if (take === undefined) throw new Error('unknown path or method');
  take(contentType, request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body);
  return contentType;
}

/** Everything taken: an empty response message, in the request's encoding. */
function accept(response: ServerResponse, contentType: string): void {
  response.writeHead(200, { 'content-type': contentType });
  response.end(contentType.startsWith('application/json') ? '{}' : undefined);
}
