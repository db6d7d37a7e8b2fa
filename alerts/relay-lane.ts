import { createAlarm } from './alarm.ts';
import { type BackoffOptions, backoffMs } from './backoff.ts';
import { deliverWithin } from './deliver-within.ts';
import { createHeldConversations } from './held-conversations.ts';
import type { DeliveryOutcome, Outbox, OutboxItem, Settlement, Sink } from './types.ts';

/** What one lane needs. */
export interface LaneParts {
  readonly outbox: Outbox;
  readonly sink: Sink;
  readonly batchSize: number;
  readonly backoff: BackoffOptions;
  readonly deliverTimeoutMs: number;
  /** How long an idle lane waits before it looks by itself. */
  readonly idleMs: number;
}

/** What a lane has done since it started. */
export interface LaneCounts {
  readonly attempts: number;
  readonly delivered: number;
  readonly dead: number;
  /** Alerts that a sink asked to bring again. */
  readonly retried: number;
  /** Failed attempts in a row; 0 while all goes well. */
  readonly failuresInARow: number;
  readonly lastError: string | null;
}

/** Moves the outbox of one sink, one batch after another. */
export interface Lane {
  /** Runs until it is stopped and has nothing more that it can deliver. */
  run(): Promise<void>;
  wake(): void;
  /** Finish what is there, try what failed once more, then end. */
  stop(): void;
  /** End now: what is under way is given up and stays in the outbox. */
  abort(): void;
  counts(): LaneCounts;
}

type Step = 'moved' | 'empty' | 'held' | 'stuck';

/** A lane that is not running yet. */
export function createLane(parts: LaneParts): Lane {
  const { outbox, sink, batchSize, backoff } = parts;
  const work = createAlarm();
  const stopping = createAlarm();
  const aborter = new AbortController();
  const held = createHeldConversations(backoff);
  const counts = {
    attempts: 0,
    delivered: 0,
    dead: 0,
    retried: 0,
    failuresInARow: 0,
    lastError: null as string | null,
  };
  let unsettled: Settlement | undefined;
  let isStopping = false;

  const settle = async (settlement: Settlement): Promise<void> => {
    unsettled = settlement;
    await outbox.settle(settlement);
    unsettled = undefined;
    counts.delivered += settlement.delivered.length;
    counts.dead += settlement.dead.length;
  };
  const step = async (): Promise<Step> => {
    // What was delivered but not yet struck off comes first, or it would be delivered again.
    if (unsettled !== undefined) await settle(unsettled);
    const items = await outbox.take({
      sink: sink.name,
      limit: batchSize,
      exceptConversations: held.current(),
    });
    if (items.length === 0) return held.current().length > 0 ? 'held' : 'empty';
    counts.attempts += 1;
    const alerts = items.map(({ alert }) => alert);
    const outcomes = await deliverWithin(sink, alerts, {
      timeoutMs: parts.deliverTimeoutMs,
      signal: aborter.signal,
    });
    const { settlement, retried } = sort(sink.name, items, outcomes);
    counts.retried += retried.length;
    counts.lastError = lastReason(outcomes) ?? counts.lastError;
    const hasMoved = settlement.delivered.length + settlement.dead.length > 0;
    if (!hasMoved) return 'stuck';
    await settle(settlement);
    held.update(settlement.delivered.length > 0 ? items : [], retried);
    return 'moved';
  };
  const attempt = async (): Promise<Step> => {
    try {
      return await step();
    } catch (error) {
      counts.lastError = error instanceof Error ? error.message : String(error);
      return 'stuck';
    }
  };
  const rest = async (done: Step): Promise<void> => {
    counts.failuresInARow = done === 'stuck' ? counts.failuresInARow + 1 : 0;
    if (done === 'stuck') await stopping.wait(backoffMs(counts.failuresInARow, backoff));
    if (done === 'held') await work.wait(held.nextMs());
    if (done === 'empty') await work.wait(parts.idleMs);
  };
  const run = async (): Promise<void> => {
    while (!aborter.signal.aborted) {
      const wasStopping = isStopping;
      const done = await attempt();
      if (wasStopping && done !== 'moved') return;
      if (!isStopping) await rest(done);
    }
  };
  const stop = (): void => {
    isStopping = true;
    held.clear();
    work.ring();
    stopping.ring();
  };
  return { run, wake: work.ring, stop, abort: () => aborter.abort(), counts: () => ({ ...counts }) };
}

function sort(sink: string, items: readonly OutboxItem[], outcomes: readonly DeliveryOutcome[]) {
  const delivered: number[] = [];
  const dead: { seq: number; reason: string }[] = [];
  const retried: OutboxItem[] = [];
  for (const [index, item] of items.entries()) {
    const outcome = outcomes[index];
    if (outcome?.outcome === 'delivered') delivered.push(item.seq);
    else if (outcome?.outcome === 'rejected') dead.push({ seq: item.seq, reason: outcome.reason });
    else retried.push(item);
  }
  return { settlement: { sink, delivered, dead }, retried };
}

function lastReason(outcomes: readonly DeliveryOutcome[]): string | undefined {
  return outcomes.flatMap((outcome) => (outcome.outcome === 'delivered' ? [] : [outcome.reason])).at(-1);
}
