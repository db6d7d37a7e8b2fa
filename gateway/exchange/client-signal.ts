import type { ServerResponse } from 'node:http';
import { type Crowd, createCrowd } from '../../detectors/index.ts';

/** Why an exchange was given up. */
export type AbortReason = 'client_gone' | 'stopping';

/** The signal of one exchange, from its first byte to its last. */
export interface ClientSignal {
  readonly signal: AbortSignal;
  reason(): AbortReason | null;
  /** Lets go of the gateway's own signal, which outlives the exchange. */
  unlink(): void;
}

/** Who hears of the gateway's stop, by one listener for all exchanges. */
const heardBy = new WeakMap<AbortSignal, Crowd<() => void>>();

function hearersOf(stopSignal: AbortSignal): Crowd<() => void> {
  const known = heardBy.get(stopSignal);
  if (known !== undefined) return known;
  const hearers = createCrowd<() => void>();
  heardBy.set(stopSignal, hearers);
  stopSignal.addEventListener('abort', () => {
    for (const hear of hearers.members()) hear();
  });
  return hearers;
}

/** Fires with the client's leaving or the gateway's stop, whichever comes first. */
export function createClientSignal(response: ServerResponse, stopSignal: AbortSignal): ClientSignal {
  const controller = new AbortController();
  let reason: AbortReason | null = null;
  const fire = (why: AbortReason) => {
    reason ??= why;
    controller.abort();
  };
  const onStop = () => fire('stopping');
  response.once('close', () => {
    if (!response.writableFinished) fire('client_gone');
  });
  const unlink = hearersOf(stopSignal).join(onStop);
  if (stopSignal.aborted) onStop();
  return {
    signal: controller.signal,
    reason: () => reason,
    unlink,
  };
}
