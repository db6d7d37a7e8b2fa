import type { CommandIo } from './command.ts';

const MIN_INTERVAL_MS = 100;

/** A line on standard error that counts up, on a terminal only. */
export interface Progress {
  add(amount: { readonly rows: number; readonly tokens: number }): void;
  /** Removes the line. */
  clear(): void;
}

/** @param total - rows to come
 *  @param unit - what a row is called */
export function createProgress(io: CommandIo, what: string, total: number, unit = 'rows'): Progress {
  const startedMs = performance.now();
  let rows = 0;
  let tokens = 0;
  let shownMs = 0;
  return {
    add(amount) {
      rows += amount.rows;
      tokens += amount.tokens;
      const nowMs = performance.now();
      if (!io.showsProgress || nowMs - shownMs < MIN_INTERVAL_MS) return;
      shownMs = nowMs;
      const seconds = (nowMs - startedMs) / 1000;
      const left = Math.round((seconds / rows) * (total - rows));
      io.stderr.write(
        `\r\x1b[K${what}: ${rows} of ${total} ${unit}, ${Math.round(tokens / seconds)} tokens/s, ${left} s left`,
      );
    },
    clear() {
      if (io.showsProgress) io.stderr.write('\r\x1b[K');
    },
  };
}
