import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, Server as NetServer } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { answerBrokenRequests, type BrokenRequests } from './answer-broken-requests.ts';
import type { Config } from './config/schema.ts';
import { GatewayError } from './gateway-error.ts';

/** A server that listens. */
export interface HttpServer {
  /** `http://host:port`, with the port that was taken. */
  readonly url: string;
  /** Takes no more connections, and leaves those that are there to end by themselves; resolves when none is left. */
  handOver(): Promise<void>;
  /** Takes no more connections and ends those that are left. */
  close(): Promise<void>;
}

export interface HttpServerParts {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly handler: RequestListener;
  /** How long a request's headers may take. */
  readonly headerTimeoutMs: number;
  /** Of the port that clients ask. There the handler bounds bodies; elsewhere all of a request takes no longer. */
  readonly settings?: Config['server'];
  /** Absent: they are answered as Node does. */
  readonly broken?: BrokenRequests;
}

/** @throws {GatewayError} START_FAILED when the address cannot be had */
export async function listen(parts: HttpServerParts): Promise<HttpServer> {
  const { name, host, port, handler, headerTimeoutMs, settings } = parts;
  const server = createServer(
    {
      maxHeaderSize: settings?.max_header_bytes ?? 16_384,
      headersTimeout: headerTimeoutMs,
      requestTimeout: settings === undefined ? headerTimeoutMs : 0,
      connectionsCheckingInterval: checkingIntervalMs(headerTimeoutMs),
      // The gateway answers a request without a host itself, in a dialect's form.
      requireHostHeader: settings === undefined,
    },
    handler,
  );
  if (settings !== undefined) {
    // Node drops what is above without a word; one more than allowed lets the handler see it.
    server.maxHeadersCount = settings.max_headers + 1;
    server.on('checkExpectation', handler);
  }
  if (parts.broken !== undefined) answerBrokenRequests(server, parts.broken);
  try {
    await once(server.listen({ port, host, reusePort: settings?.reuse_port ?? false }), 'listening');
  } catch (cause) {
    const message = `${name} cannot listen on ${host}:${port}: ${(cause as Error).message}`;
    throw new GatewayError('START_FAILED', message, { fields: { host, port }, cause });
  }
  const { port: taken } = server.address() as AddressInfo;
  const closed = once(server, 'close');
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}`,
    async handOver() {
      // What waits to be accepted when the socket closes is lost, so it closes right after the loop has looked for
      // connections: the first turn may be over as far as that goes.
      await setImmediate();
      await setImmediate();
      // An HTTP server's own close ends idle connections, on which a request may be on its way.
      NetServer.prototype.close.call(server);
      await closed;
    },
    async close() {
      if (server.listening) server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Node looks for late requests now and then; so often that none takes much longer than it may. */
function checkingIntervalMs(timeoutMs: number): number {
  return Math.min(30_000, Math.max(50, Math.ceil(timeoutMs / 4)));
}
