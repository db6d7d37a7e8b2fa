/** Things that arrive over time, and a way to wait for one of them. */
export interface Arrivals<T> {
  readonly all: readonly T[];
  add(items: readonly T[]): void;
  /** The first that fits, among those here or those to come.
   *  @throws Error naming what did arrive when none came in time */
  waitFor(fits: (item: T) => boolean, timeoutMs?: number): Promise<T>;
}

/** @param what - the word for one of them in the plural, for the error
 *  @param nameOf - how an arrived one is called in the error */
export function createArrivals<T>(what: string, nameOf: (item: T) => string): Arrivals<T> {
  const all: T[] = [];
  const waiting = new Set<() => void>();
  const add = (items: readonly T[]) => {
    all.push(...items);
    for (const look of [...waiting]) look();
  };
  const waitFor = (fits: (item: T) => boolean, timeoutMs = 60_000) =>
    new Promise<T>((done, fail) => {
      const look = () => {
        const found = all.find(fits);
        if (found === undefined) return;
        clearTimeout(timer);
        waiting.delete(look);
        done(found);
      };
      const timer = setTimeout(() => {
        waiting.delete(look);
        const names = all.map(nameOf).join(', ') || 'none';
        fail(new Error(`no such ${what} after ${timeoutMs} ms; arrived: ${names}`));
      }, timeoutMs);
      waiting.add(look);
      look();
    });
  return { all, add, waitFor };
}
