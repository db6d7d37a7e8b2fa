import { cpuMs } from '../cpu-time.ts';
import type { Served } from './served.ts';

/** In a served process: says where it listens, and answers questions about its memory, its main thread's CPU and that
 *  of all its threads.
 *  @param more - where it tells what it counts, and what it wants of every request */
export function reportToDriver(
  url: string,
  more: Partial<Pick<Served, 'metricsUrl' | 'headers'>> = {},
): void {
  const { metricsUrl = null, headers = {} } = more;
  process.on('message', (question) => {
    if (question === 'cpu') {
      const { user, system } = process.threadCpuUsage();
      process.send?.({ cpuMs: (user + system) / 1000 });
    }
    if (question === 'all cpu') process.send?.({ cpuMs: cpuMs() });
    if (question !== 'memory') return;
    globalThis.gc?.();
    process.send?.({ rssMb: process.memoryUsage.rss() / 2 ** 20 });
  });
  process.send?.({ url, metricsUrl, headers });
}

/** What the driver handed to this process. */
export function settings<T>(): T {
  return JSON.parse(process.argv[2] ?? '{}') as T;
}
