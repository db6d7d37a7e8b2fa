const PAUSES_MS = [5_000, 20_000, 60_000];

/** Does what stands on a network that may be away for a moment: again after each pause, with a line that says why.
 *  The whole thread waits meanwhile.
 *  @param what - names it in the lines and in the error
 *  @param pausesMs - before the second attempt, the third, …
 *  @throws Error of the last attempt, with what it was about */
export function repeatedly<T>(what: string, attempt: () => T, pausesMs: readonly number[] = PAUSES_MS): T {
  for (let failures = 0; ; failures += 1) {
    try {
      return attempt();
    } catch (error) {
      const { message } = error as Error;
      const pauseMs = pausesMs[failures];
      if (pauseMs === undefined) throw new Error(`${what}: ${message}`, { cause: error });
      process.stderr.write(`${what}: ${message}; attempt ${failures + 2} in ${pauseMs / 1_000} s\n`);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
    }
  }
}
