import type { LaneStats, Relay } from '../alerts/index.ts';
import type { Logger } from './telemetry/index.ts';

/** What a relay's lanes do, as of a few seconds ago. */
export interface LaneWatch {
  /** Empty before the first look. */
  lanes(): readonly LaneStats[];
  close(): void;
}

/** What is said of a lane. */
export interface LaneWords {
  readonly failing: string;
  readonly again: string;
  readonly dead: string;
  /** The store does not say how the lanes are. */
  readonly unknown: string;
}

const LOOK_MS = 2_000;

/** Looks at a relay's lanes again and again, and says what becomes of them. */
export function watchLanes(relay: Pick<Relay, 'stats'>, words: LaneWords, log: Logger): LaneWatch {
  let lanes: readonly LaneStats[] = [];
  const look = () =>
    relay.stats().then(
      (now) => {
        for (const lane of now) {
          const before = lanes.find(({ sink }) => sink === lane.sink);
          tell(lane, before, { words, log });
        }
        lanes = now;
      },
      (error: unknown) => log.error(words.unknown, error),
    );
  const timer = setInterval(() => void look(), LOOK_MS).unref();
  return { lanes: () => lanes, close: () => clearInterval(timer) };
}

/** One line when a lane begins to fail, when it works again, and when something becomes a dead letter. */
function tell(
  { sink, depth, failuresInARow, dead, lastError }: LaneStats,
  before: LaneStats | undefined,
  { words, log }: { readonly words: LaneWords; readonly log: Logger },
): void {
  const wasFailing = (before?.failuresInARow ?? 0) > 0;
  if (failuresInARow > 0 && !wasFailing) {
    log.warn(words.failing, { sink, waiting: depth, reason: lastError });
  }
  if (failuresInARow === 0 && wasFailing) log.info(words.again, { sink, waiting: depth });
  if (before !== undefined && dead > before.dead) log.warn(words.dead, { sink, dead, reason: lastError });
}
