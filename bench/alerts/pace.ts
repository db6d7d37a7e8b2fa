import { cpuMs } from '../cpu-time.ts';

/** What work on alerts took. */
export interface Pace {
  readonly perSecond: number;
  /** Microseconds of processor an alert, of all threads of this process; what servers use is not in it. */
  readonly cpuUs: number;
}

/** How fast `count` were done. */
export async function paceOf(count: number, work: () => Promise<unknown>): Promise<Pace> {
  const pace = startPace();
  await work();
  return pace(count);
}

/** Starts the clock. @returns how fast so many were done since */
export function startPace(): (count: number) => Pace {
  const [started, cpu] = [performance.now(), cpuMs()];
  return (count) => ({
    perSecond: Math.round((count * 1000) / (performance.now() - started)),
    cpuUs: Math.round(((cpuMs() - cpu) * 1000) / count),
  });
}
