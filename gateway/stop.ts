import type { GatewayApp } from './app.ts';
import type { Closing } from './closing.ts';
import type { GatewayParts } from './exchange/parts.ts';

export interface StopParts {
  readonly parts: GatewayParts;
  readonly app: GatewayApp;
  readonly closing: Closing;
  /** Tells every exchange to end. */
  readonly hardStop: AbortController;
}

/** Time for exchanges that were told to end to be scored and recorded. */
const LAST_CALL_MS = 10_000;

/** A stop that does its work once and never rejects: not ready at once, and no new exchanges; those under way
 *  finish within the grace time, the rest end in an error; when all are recorded everything is closed. */
export function createStop({ parts, app, closing, hardStop }: StopParts): () => Promise<void> {
  let done: Promise<void> | null = null;
  async function stop(): Promise<void> {
    parts.health.noteStopping();
    const isIdle = await app.idle(parts.config.stop.grace_ms);
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
