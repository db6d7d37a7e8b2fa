/** In a served process: says where it listens, and answers questions about its memory and its main thread's CPU. */
export function reportToDriver(url: string): void {
  process.on('message', (question) => {
    if (question === 'cpu') {
      const { user, system } = process.threadCpuUsage();
      process.send?.({ cpuMs: (user + system) / 1000 });
    }
    if (question !== 'memory') return;
    globalThis.gc?.();
    process.send?.({ rssMb: process.memoryUsage.rss() / 2 ** 20 });
  });
  process.send?.({ url });
}

/** What the driver handed to this process. */
export function settings<T>(): T {
  return JSON.parse(process.argv[2] ?? '{}') as T;
}
