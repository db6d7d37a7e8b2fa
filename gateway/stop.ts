import { setTimeout as sleep } from 'node:timers/promises';
import type { GatewayApp } from './app.ts';
import type { Closing } from './closing.ts';
import type { GatewayParts } from './exchange/parts.ts';
import type { HttpServer } from './http-server.ts';

export interface StopParts {
  readonly parts: GatewayParts;
  readonly app: GatewayApp;
  readonly server: HttpServer;
  readonly closing: Closing;
  /** Tells every exchange to end. */
  readonly hardStop: AbortController;
}

/** Time for exchanges that were told to end to be scored and recorded. */
const LAST_CALL_MS = 10_000;

/** A stop that does its work once and never rejects: not ready at once, and no new exchanges; those under way
 *  finish within the grace time, the rest end in an error; when all are recorded everything is closed. Where another
 *  gateway may listen beside, new connections are its own, and what still comes on old ones is answered. */
export function createStop({ parts, app, server, closing, hardStop }: StopParts): () => Promise<void> {
  let done: Promise<void> | null = null;
  async function stop(): Promise<void> {
    const deadline = performance.now() + parts.config.stop.grace_ms;
    parts.health.noteStopping();
    if (parts.config.server.reuse_port) await withinMs(server.handOver(), parts.config.stop.grace_ms);
    const isIdle = await app.idle(Math.max(1, deadline - performance.now()));
    if (!isIdle) {
      parts.log.warn('grace time is over', { inFlight: app.inFlight() });
      hardStop.abort();
      await app.idle(LAST_CALL_MS);
    }
    await closing.closeAll();
  }
  return () => {
    done ??= stop();
    return done;
  };
}

async function withinMs(work: Promise<void>, timeoutMs: number): Promise<void> {
  const waiting = new AbortController();
  // Rejects only where the work was done first.
  await Promise.race([work, sleep(timeoutMs, undefined, { signal: waiting.signal }).catch(() => {})]);
  waiting.abort();
}
