import { createAlarm } from './alarm.ts';
import { type BackoffOptions, backoffMs } from './backoff.ts';
import { createDelivery, type DeliveryParts, type Step } from './relay-delivery.ts';
import type { DeliveryCounts } from './relay-outcome.ts';
import type { Payload } from './types.ts';

/** What one lane needs. */
export interface LaneParts<Brought extends Payload> extends Omit<DeliveryParts<Brought>, 'signal'> {
  readonly backoff: BackoffOptions;
  /** How long an idle lane waits before it looks by itself. */
  readonly idleMs: number;
}

/** What a lane has done since it started. */
export interface LaneCounts extends DeliveryCounts {
  /** Deliveries in a row of which nothing went through; 0 while all goes well. */
  readonly failuresInARow: number;
}

/** Moves the outbox of one sink, one delivery after another. */
export interface Lane {
  /** Runs until it is stopped and has nothing more that it can deliver. */
  run(): Promise<void>;
  wake(): void;
  /** Deliver what is there, try what failed once more, then end. */
  stop(): void;
  /** End now: what is under way is given up and stays in the outbox. */
  abort(): void;
  counts(): LaneCounts;
}

/** A lane that is not running yet. */
export function createLane<Brought extends Payload>(parts: LaneParts<Brought>): Lane {
  const { backoff, idleMs } = parts;
  const work = createAlarm();
  const stopping = createAlarm();
  const aborter = new AbortController();
  const delivery = createDelivery({ ...parts, signal: aborter.signal });
  let failuresInARow = 0;
  let isStopping = false;

  const rest = async (done: Step): Promise<void> => {
    failuresInARow = done === 'stuck' ? failuresInARow + 1 : 0;
    if (done === 'stuck') await stopping.wait(backoffMs(failuresInARow, backoff));
    if (done === 'held') await work.wait(delivery.heldMs());
    if (done === 'empty') await work.wait(idleMs);
  };
  const deliverAll = async (): Promise<void> => {
    while (!aborter.signal.aborted) {
      const wasStopping = isStopping;
      const done = await delivery.step();
      if (wasStopping && done !== 'moved') return;
      if (!isStopping) await rest(done);
    }
  };
  const run = async (): Promise<void> => {
    await deliverAll();
    await delivery.finish();
  };
  const stop = (): void => {
    isStopping = true;
    delivery.forgetHeld();
    work.ring();
    stopping.ring();
  };
  const counts = () => ({ ...delivery.counts(), failuresInARow });
  return { run, wake: work.ring, stop, abort: () => aborter.abort(), counts };
}
