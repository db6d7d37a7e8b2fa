import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import express, { type IRouter, type NextFunction, type Request, type Response } from 'express';
import { createAdmission } from './admission.ts';
import type { Dialect } from './dialects/dialect.ts';
import type { VoiceOf } from './dialects/nearest-voice.ts';
import { routePath } from './dialects/route-path.ts';
import type { GatewayParts, Route } from './exchange/parts.ts';
import { badTargetRefusal, overloadRefusal, type Refusal, stoppingRefusal } from './exchange/problems.ts';
import { runExchange } from './exchange/run-exchange.ts';
import { requestFault } from './request-fault.ts';

/** The gateway's routes, and how many exchanges are on their way. */
export interface GatewayApp {
  readonly handler: RequestListener;
  inFlight(): number;
  /** How many may be on their way now. */
  inFlightLimit(): number;
  /** Resolves when no exchange is on its way, or after the deadline; true when none is. */
  idle(deadlineMs: number): Promise<boolean>;
  close(): Promise<void>;
}

export interface AppParts {
  readonly dialects: readonly Dialect[];
  /** The dialect in which clients of unknown paths are answered. */
  readonly voiceOf: VoiceOf;
}

/** Offers the dialects' routes, health and readiness. */
export function createApp(parts: GatewayParts, { dialects, voiceOf }: AppParts): GatewayApp {
  const traffic = createTraffic();
  const { limits, server: settings } = parts.config;
  const admission = createAdmission({
    min: limits.min_in_flight,
    max: limits.max_in_flight,
    maxLagMs: limits.max_lag_ms,
    strain: () => ({
      inFlight: traffic.count(),
      queueShare: parts.detector.stats().queued / parts.config.detector.max_queued_blocks,
    }),
  });
  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.use('/healthz', giveId).use('/readyz', giveId);
  app.get('/healthz', (_request, response) => void response.json({ status: 'ok' }));
  app.get('/readyz', (_request, response) => {
    const { isReady, notes } = parts.health.readiness();
    response.status(isReady ? 200 : 503).json({ status: isReady ? 'ready' : 'not ready', notes });
  });
  const handle = (route: Route) => async (request: IncomingMessage, response: ServerResponse) => {
    const refusal = refusalNow(parts, traffic.count(), admission.limit());
    if (refusal !== null) turnAway({ parts, route, response }, refusal);
    else await traffic.during(() => runExchange(parts, route, { request, response }));
  };
  const unknown = (target: string, mount: string): Route => {
    return { name: 'unknown', dialect: null, voice: voiceOf(target), reads: 'text', words: null, mount };
  };
  const offer = (router: IRouter, mount: string) => {
    for (const route of routesOf(dialects, parts.config.server.prefix, mount)) {
      router.route(route.path)[METHODS[route.method]](handle(route));
    }
    router.use((request: Request, response: Response) =>
      handle(unknown(request.url, mount))(request, response),
    );
  };
  for (const mount of parts.upstreams.mounts) {
    const router = express.Router();
    offer(router, mount);
    app.use(mount.replaceAll('.', '\\.'), router);
  }
  offer(app, '');
  app.use((_error: unknown, request: Request, response: Response, _next: NextFunction) => {
    turnAway({ parts, route: unknown(request.url, ''), response }, badTargetRefusal());
  });
  const direct = new Map<string, RequestListener>();
  for (const { method, ...route } of routesOf(dialects, parts.config.server.prefix, '')) {
    const key = `${method} ${route.name}`;
    const isMounted = parts.upstreams.mounts.some((mount) => isBelow(route.name, mount));
    // The first that offers a path has it, as with Express.
    if (isLiteral(route.path) && !isMounted && !direct.has(key)) direct.set(key, handle(route));
  }
  const handler: RequestListener = (request, response) => {
    // The client's next request goes to whoever listens then.
    if (parts.health.isStopping()) response.shouldKeepAlive = false;
    const fault = requestFault(request, settings.max_headers);
    if (fault === null) return (direct.get(keyOf(request)) ?? app)(request, response);
    const route = unknown(request.url?.replace(/^[a-z]+:\/\/[^/]*/i, '') ?? '/', '');
    turnAway({ parts, route, response }, fault);
  };
  const { limit: inFlightLimit, close } = admission;
  return { handler, inFlight: traffic.count, inFlightLimit, idle: traffic.idle, close };
}

/** The dialects' routes below a mount. */
function routesOf(dialects: readonly Dialect[], prefix: string, mount: string) {
  return dialects.flatMap((dialect) =>
    dialect.routes.map((route) => {
      const path = routePath(prefix, route);
      const name = `${mount}${path.replaceAll('\\', '')}`;
      const { method, reads } = route;
      const { operation = dialect.words.operation, provider = dialect.words.provider } = route;
      const words = { operation, provider };
      return { path, method, name, dialect, voice: dialect, reads, words, mount };
    }),
  );
}

/** Most requests ask for a path letter by letter as a dialect names it, and need no search through all patterns. */
function keyOf({ method, url = '' }: IncomingMessage): string {
  const query = url.indexOf('?');
  return `${method} ${query === -1 ? url : url.slice(0, query)}`;
}

/** Whether a pattern is met by one path alone, apart from the case of its letters. */
function isLiteral(path: string): boolean {
  return /^[\w/.-]+$/.test(path);
}

/** Express tells paths apart without regard to case. */
function isBelow(path: string, mount: string): boolean {
  return path.toLowerCase().startsWith(mount.toLowerCase());
}

const METHODS = { GET: 'get', POST: 'post', PATCH: 'patch', DELETE: 'delete' } as const;

function refusalNow({ health, config }: GatewayParts, inFlight: number, limit: number): Refusal | null {
  if (health.isStopping() && !config.server.reuse_port) return stoppingRefusal();
  return inFlight >= limit ? overloadRefusal(inFlight) : null;
}

interface TurnedAway {
  readonly parts: GatewayParts;
  readonly route: Route;
  readonly response: ServerResponse;
}

/** Every answer of the port carries an id, those of no exchange too. */
function giveId(_request: Request, response: Response, next: NextFunction): void {
  response.setHeader('x-telltale-exchange-id', randomUUID());
  next();
}

/** No exchange begins: counted, and not recorded, since shedding load must cost next to nothing. */
function turnAway({ parts, route, response }: TurnedAway, { problem, error }: Refusal): void {
  parts.telemetry.recordError(error);
  const { contentType, body } = route.voice.error(problem);
  const headers: Record<string, string | number> = {
    'x-telltale-exchange-id': randomUUID(),
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
    ...(problem.status === 503 ? { 'retry-after': parts.config.limits.retry_after_s } : {}),
  };
  response.writeHead(problem.status, headers).end(body);
}

function createTraffic() {
  let count = 0;
  let onIdle: (() => void) | null = null;
  return {
    count: () => count,
    async during(work: () => Promise<void>): Promise<void> {
      count += 1;
      try {
        await work();
      } finally {
        count -= 1;
        if (count === 0) onIdle?.();
      }
    },
    async idle(deadlineMs: number): Promise<boolean> {
      if (count === 0) return true;
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        onIdle = resolve;
        timer = setTimeout(resolve, deadlineMs);
      });
      clearTimeout(timer);
      onIdle = null;
      return count === 0;
    },
  };
}
