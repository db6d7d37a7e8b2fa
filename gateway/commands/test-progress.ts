import type { OnTestProgress } from '../../rules/index.ts';
import type { CommandIo } from './command.ts';

/** How far the tests are, on a terminal only. */
export function showTestProgress(
  io: CommandIo,
  what: string,
): { readonly show: OnTestProgress; clear(): void } {
  return {
    show(done, total) {
      if (io.showsProgress) io.stderr.write(`\r\x1b[K${what}: ${done} of ${total}`);
    },
    clear() {
      if (io.showsProgress) io.stderr.write('\r\x1b[K');
    },
  };
}
