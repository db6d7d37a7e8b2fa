/** Waits for work at most `timeoutMs`; a failure or a late end of the work is nobody's concern any more.
 *  @returns whether the work ended well in time */
export async function withinDeadline(work: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), timeoutMs);
  work.then(
    () => resolve(true),
    () => resolve(false),
  );
  return promise.finally(() => clearTimeout(timer));
}
