import type { Logger } from './telemetry/index.ts';

/** Closes what was built, the last first. */
export interface Closing {
  add<T extends { close(): Promise<void> }>(name: string, part: T): T;
  /** Never rejects: a part that cannot be closed is logged, and the others are closed all the same. */
  closeAll(): Promise<void>;
}

export function createClosing(log: Logger): Closing {
  const parts: { name: string; part: { close(): Promise<void> } }[] = [];
  return {
    add(name, part) {
      parts.push({ name, part });
      return part;
    },
    async closeAll() {
      for (let last = parts.pop(); last !== undefined; last = parts.pop()) {
        const { name } = last;
        await last.part.close().catch((error: unknown) => log.error('could not close', error, { name }));
      }
    },
  };
}
