import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import express, { type Express } from 'express';
import { createApi } from './api.ts';
import { hostCheck, sameOriginOnly, securityHeaders } from './browser-guards.ts';
import { errorAnswer } from './error-answer.ts';
import { createEventHub, type EventHub } from './event-hub.ts';
import { createLiveFeed } from './live-feed.ts';
import { ReviewError } from './review-error.ts';
import type { ReviewServer, ReviewServerParts } from './types.ts';

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];
const CLOSE_GRACE_MS = 1_000;
const REQUEST_TIMEOUT_MS = 30_000;
const DEFAULT_WEB = fileURLToPath(new URL('./web/dist', import.meta.url));

/** Starts the review page and its API on a port of their own.
 *  @throws {ReviewError} WEB_NOT_BUILT when the page is missing, LISTEN_FAILED when the port cannot be had */
export async function createReviewServer(parts: ReviewServerParts): Promise<ReviewServer> {
  const { ledger, featureset, host = '127.0.0.1', port = 8081, onError = () => {} } = parts;
  const hub = createEventHub({
    maxListeners: parts.maxListeners ?? 64,
    maxQueued: parts.maxQueued ?? 256,
    heartbeatMs: parts.heartbeatMs ?? 15_000,
  });
  const app = createApp({ ...parts, host, onError }, hub);
  const server = await listen(app, host, port);
  const stopFeed = createLiveFeed({ ledger, featureset, hub, onError });
  const taken = (server.address() as AddressInfo).port;
  let closing: Promise<void> | undefined;
  const close = () => {
    stopFeed();
    hub.close();
    closing ??= stop(server);
    return closing;
  };
  return { url: `http://${bracketed(host)}:${taken}`, port: taken, stats: hub.stats, close };
}

function createApp(
  parts: ReviewServerParts & { host: string; onError(error: unknown): void },
  hub: EventHub,
): Express {
  const { ledger, featureset, host, allowedHosts = [], webPath = DEFAULT_WEB } = parts;
  if (!existsSync(join(webPath, 'index.html'))) {
    throw new ReviewError(
      'WEB_NOT_BUILT',
      `there is no review page in ${webPath}; \`npm run build:web\` makes it`,
    );
  }
  const names = [...LOOPBACK_NAMES, bracketed(host), ...allowedHosts].map((name) => name.toLowerCase());
  const { gatewayUrl = 'http://127.0.0.1:8080', reviewer = 'reviewer' } = parts;
  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.use(securityHeaders, hostCheck(new Set(names)));
  app.use('/api', sameOriginOnly, noStore, createApi({ ledger, featureset, hub, gatewayUrl, reviewer }));
  app.use(
    '/assets',
    express.static(join(webPath, 'assets'), { immutable: true, maxAge: '1y', index: false }),
  );
  app.use(
    express.static(webPath, { setHeaders: (response) => void response.set('Cache-Control', 'no-cache') }),
  );
  app.use((request) => {
    throw new ReviewError('NOT_FOUND', `there is no ${request.path}`);
  });
  app.use(errorAnswer(parts.onError));
  return app;
}

function noStore(_request: unknown, response: express.Response, next: express.NextFunction): void {
  response.set('Cache-Control', 'no-store');
  next();
}

async function listen(app: Express, host: string, port: number): Promise<Server> {
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, app);
  try {
    await once(server.listen(port, host), 'listening');
    return server;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ReviewError('LISTEN_FAILED', `the review page cannot listen on ${host}:${port}: ${why}`, {
      cause: error,
    });
  }
}

async function stop(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  const timer = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
  await closed;
  clearTimeout(timer);
}

/** An IPv6 address as it stands in a URL. */
function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
