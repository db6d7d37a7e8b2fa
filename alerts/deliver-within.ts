import type { DeliveryOutcome, Payload, Sink } from './types.ts';

/** Hands alerts, or whatever it takes, to a sink and always comes back: a sink that throws, that gives no outcome or that
 *  does not answer in time has asked for a retry. */
export async function deliverWithin<Brought extends Payload>(
  sink: Sink<Brought>,
  alerts: readonly Brought[],
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<readonly DeliveryOutcome[]> {
  const retryAll = (reason: string) => alerts.map((): DeliveryOutcome => ({ outcome: 'retry', reason }));
  const limit = new AbortController();
  const giveUp = (): void => limit.abort();
  const timer = setTimeout(giveUp, timeoutMs);
  signal.addEventListener('abort', giveUp);
  if (signal.aborted) giveUp();
  const late = new Promise<readonly DeliveryOutcome[]>((resolve) => {
    const why = () => (signal.aborted ? 'was stopped' : `did not answer within ${timeoutMs} ms`);
    const answer = () => resolve(retryAll(`${sink.name} ${why()}`));
    limit.signal.addEventListener('abort', answer);
    if (limit.signal.aborted) answer();
  });
  try {
    return await Promise.race([sink.deliver(alerts, limit.signal), late]);
  } catch (error) {
    return retryAll(`${sink.name} threw: ${error instanceof Error ? error.message : error}`);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', giveUp);
  }
}
