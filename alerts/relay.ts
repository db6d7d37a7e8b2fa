import type { BackoffOptions } from './backoff.ts';
import { type LaneStats, laneStats, type SinkCounts } from './lane-stats.ts';
import { createLane } from './relay-lane.ts';
import type { Alert, Outbox, Payload, Sink } from './types.ts';

/** What a relay needs. Sinks are closed by whoever made them, after the relay. */
export interface RelayParts<Brought extends Payload = Alert> {
  readonly outbox: Outbox<Brought>;
  readonly sinks: readonly Sink<Brought>[];
  /** Alerts handed to a sink at once; default 128. */
  readonly batchSize?: number;
  /** Default 100 ms, doubling to 1 s. */
  readonly backoff?: BackoffOptions;
  /** How long one delivery may take, where its sink does not say that it may take longer; default 30 s. */
  readonly deliverTimeoutMs?: number;
  /** How often an idle lane looks by itself; default 1 s. */
  readonly idleMs?: number;
  /** Called with the ids of silences, one for each alert that was held back and is off the outbox. */
  readonly onSilenced?: (silences: readonly string[]) => void;
}

/** Brings alerts from the outbox to the sinks: at least once, in order per conversation, each sink at its own pace. */
export interface Relay {
  start(): void;
  /** In the order of the sinks.
   *  @throws {AlertsError} when the store does not answer */
  stats(): Promise<readonly LaneStats[]>;
  /** Delivers what is there within the deadline; the rest stays in the outbox for the next start. */
  stop(options: { readonly deadlineMs: number }): Promise<void>;
}

/** A relay that need not know how much waits. */
export interface Lanes extends Pick<Relay, 'start' | 'stop'> {
  /** In the order of the sinks. */
  counts(): readonly SinkCounts[];
}

/** What lanes need. */
export interface LanesParts<Brought extends Payload> extends Omit<RelayParts<Brought>, 'outbox'> {
  readonly outbox: Omit<Outbox<Brought>, 'depth'>;
}

/** A relay that has not started; what an earlier process left in the outbox goes first. */
export function createRelay<Brought extends Payload = Alert>(parts: RelayParts<Brought>): Relay {
  const { start, stop, counts } = createLanes(parts);
  const names = parts.sinks.map(({ name }) => name);
  return { start, stop, stats: () => laneStats(parts.outbox, names, counts) };
}

/** A lane for each sink, none of which has started. */
export function createLanes<Brought extends Payload>(parts: LanesParts<Brought>): Lanes {
  const { outbox, sinks } = parts;
  const settings = {
    batchSize: parts.batchSize ?? 128,
    backoff: parts.backoff ?? { initialMs: 100, maxMs: 1000 },
    deliverTimeoutMs: parts.deliverTimeoutMs ?? 30_000,
    idleMs: parts.idleMs ?? 1000,
    ...(parts.onSilenced && { onSilenced: parts.onSilenced }),
  };
  const lanes = sinks.map((sink) => ({ sink, lane: createLane({ outbox, sink, ...settings }) }));
  let running: Promise<unknown> | undefined;
  let unsubscribe = () => {};

  const start = (): void => {
    if (running !== undefined) return;
    unsubscribe = outbox.onCommitted(({ alerts }) => {
      if (alerts > 0) for (const { lane } of lanes) lane.wake();
    });
    running = Promise.all(lanes.map(({ lane }) => lane.run()));
  };
  const stop = async ({ deadlineMs }: { readonly deadlineMs: number }): Promise<void> => {
    unsubscribe();
    for (const { lane } of lanes) lane.stop();
    const timer = setTimeout(() => {
      for (const { lane } of lanes) lane.abort();
    }, deadlineMs);
    await running;
    clearTimeout(timer);
  };
  const counts = () => lanes.map(({ sink, lane }) => ({ sink: sink.name, ...lane.counts() }));
  return { start, stop, counts };
}
