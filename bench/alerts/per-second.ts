/** How many of `count` were done a second. */
export async function perSecond(count: number, work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return Math.round((count * 1000) / (performance.now() - started));
}
