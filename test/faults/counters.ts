/** Reads a gateway's metrics: each counter and gauge by its name, summed over its labels. */
export async function readCounters(url: string): Promise<ReadonlyMap<string, number>> {
  const response = await fetch(url, { signal: AbortSignal.timeout(30_000) });
  const sums = new Map<string, number>();
  for (const line of (await response.text()).split('\n')) {
    const [, name, value] = /^(\w+)(?:\{.*\})? (\S+)/.exec(line) ?? [];
    if (name !== undefined) sums.set(name, (sums.get(name) ?? 0) + Number(value));
  }
  return sums;
}

/** How much each counter has grown, over several gateways. */
export function growth(
  before: readonly ReadonlyMap<string, number>[],
  after: readonly ReadonlyMap<string, number>[],
): (name: string) => number {
  const sum = (all: readonly ReadonlyMap<string, number>[], name: string) =>
    all.reduce((total, counters) => total + (counters.get(name) ?? 0), 0);
  return (name) => sum(after, name) - sum(before, name);
}
