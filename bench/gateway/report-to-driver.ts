/** In a served process: says where it listens, and answers questions about its memory, its main thread's CPU and that
 *  of all its threads.
 *  @param metricsUrl - where it tells what it counts */
export function reportToDriver(url: string, metricsUrl: string | null = null): void {
  process.on('message', (question) => {
    if (question === 'cpu') {
      const { user, system } = process.threadCpuUsage();
      process.send?.({ cpuMs: (user + system) / 1000 });
    }
    if (question === 'all cpu') {
      const { user, system } = process.cpuUsage();
      process.send?.({ cpuMs: (user + system) / 1000 });
    }
    if (question !== 'memory') return;
    globalThis.gc?.();
    process.send?.({ rssMb: process.memoryUsage.rss() / 2 ** 20 });
  });
  process.send?.({ url, metricsUrl });
}

/** What the driver handed to this process. */
export function settings<T>(): T {
  return JSON.parse(process.argv[2] ?? '{}') as T;
}
