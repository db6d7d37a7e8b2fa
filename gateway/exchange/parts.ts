import type { KeyObject } from 'node:crypto';
import type { Ledger } from '../../alerts/index.ts';
import type { Detector } from '../../detectors/index.ts';
import type { RuleSet } from '../../rules/index.ts';
import type { Config } from '../config/schema.ts';
import type { Identify } from '../conversation/identify.ts';
import type { Turns } from '../conversation/turns.ts';
import type { Dialect, DialectRoute, DialectWords } from '../dialects/dialect.ts';
import type { DriftKeeper } from '../drift/drift-keeper.ts';
import type { EventKeeper } from '../events/event-keeper.ts';
import type { Health } from '../health.ts';
import type { ReplayKeeper } from '../replay/replay-keeper.ts';
import type { Logger, Telemetry } from '../telemetry/index.ts';
import type { Upstreams } from '../upstream/create-upstreams.ts';

/** What the way of an exchange is made of. */
export interface GatewayParts {
  readonly config: Config;
  readonly detector: Detector;
  /** The rules that hold now; an exchange keeps the set that it began with. */
  readonly currentRules: () => RuleSet;
  readonly ledger: Pick<Ledger, 'commit' | 'unscored'>;
  /** What correlations count. */
  readonly events: Pick<EventKeeper, 'observe'>;
  /** Holds promised false-alarm rates against what passes through. */
  readonly drift: Pick<DriftKeeper, 'note'>;
  /** What is kept for rules to be held against again. */
  readonly replay: Pick<ReplayKeeper, 'computedFor' | 'keep'>;
  readonly telemetry: Telemetry;
  readonly upstreams: Upstreams;
  readonly log: Logger;
  readonly health: Health;
  readonly conversationKey: KeyObject;
  readonly turns: Turns;
  readonly identify: Identify;
  /** Fires when the grace time of a stop is over: exchanges end in an error. */
  readonly stopSignal: AbortSignal;
}

/** The path of an exchange, and who reads it. */
export interface Route {
  /** The pattern, for telemetry and records: never a path as it came. */
  readonly name: string;
  /** Null on a path that no dialect knows. */
  readonly dialect: Dialect | null;
  /** Speaks to the client where no dialect does. */
  readonly voice: Dialect;
  readonly reads: DialectRoute['reads'];
  /** Null on a path that no dialect knows. */
  readonly words: DialectWords | null;
  /** The path of an upstream below which the request came, else empty; the request's own is without it. */
  readonly mount: string;
}
