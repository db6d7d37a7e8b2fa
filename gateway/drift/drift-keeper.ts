import type { Ledger } from '../../alerts/index.ts';
import { type Promised, promisesOf, type RuleSet } from '../../rules/index.ts';
import type { JudgedSegment } from '../scanning/segment-scan.ts';
import type { DriftReading, Telemetry } from '../telemetry/index.ts';
import { type Drifted, driftRecord } from './drift-alert.ts';
import { createDriftWriter, type DriftStateParts, readDriftState } from './drift-state.ts';
import { judgeDrift, liveRate } from './judge-drift.ts';
import { createKnownTexts } from './known-texts.ts';
import { BUCKETS, countedIn, countSegment } from './rate-window.ts';
import { type Tracked, type TrackedFile, track } from './tracked.ts';

/** An exchange whose segments have been judged. */
export interface JudgedExchange {
  /** The rules that it began with. */
  readonly ruleSet: RuleSet;
  readonly route: string;
  readonly segments: readonly JudgedSegment[];
}

/** Holds promised false-alarm rates against live traffic, over reloads and restarts. */
export interface DriftKeeper {
  /** Counts an exchange's segments; a text that comes again counts once a window. */
  note(exchange: JudgedExchange): void;
  /** Says what has drifted, at most once a window for a threshold and a direction. Never rejects. */
  check(): Promise<void>;
  reading(): DriftReading;
  /** Writes down what was counted. */
  close(): Promise<void>;
}

export interface DriftKeeperParts extends DriftStateParts {
  readonly currentRules: () => RuleSet;
  readonly ledger: Pick<Ledger, 'commit'>;
  readonly telemetry: Pick<Telemetry, 'recordDriftAlert'>;
  /** How many times the promised rate is clearly another. */
  readonly factor: number;
  /** Between two checks, each followed by a write. What was counted since the last one is lost when the process is
   *  killed. */
  readonly checkMs: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** Far more than a rule set for people has. */
const MAX_PROMISES = 1_000;
const MAX_TEXTS = 65_536;

/** Reads what the last run has counted, and goes on. */
export async function createDriftKeeper(parts: DriftKeeperParts): Promise<DriftKeeper> {
  const { currentRules, windowMs, checkMs, now = Date.now } = parts;
  const texts = createKnownTexts(windowMs, MAX_TEXTS);
  const writer = createDriftWriter(parts);
  const read = await readDriftState(parts);
  let followed = currentRules().digest;
  let tracked = track(promisesIn(parts, currentRules()), new Map(read.map((one) => [one.key, one])));
  let checking: Promise<void> = Promise.resolve();
  const bucketOf = (at: number) => Math.floor(at / (windowMs / BUCKETS));

  /** Rules may have changed since the last exchange. */
  function follow(): void {
    const rules = currentRules();
    if (rules.digest === followed) return;
    followed = rules.digest;
    const before = tracked.values().map((one) => ({ ...one, ...one.promised }));
    tracked = track(promisesIn(parts, rules), new Map(before.map((one) => [one.key, one])));
  }

  function readingOf({ promised, window, drift }: Tracked) {
    const { ruleName, condition, rate } = promised;
    const live = liveRate(countedIn(window, bucketOf(now())));
    return { rule: ruleName, condition, promised: rate, drift, ...live };
  }

  async function checkAll(): Promise<void> {
    follow();
    const at = now();
    for (const one of tracked.values()) await checkOne(parts, one, { at, bucket: bucketOf(at) });
    await writer.write(stateOf(tracked));
  }

  function check(): Promise<void> {
    checking = checking.then(checkAll).catch((error: unknown) => {
      parts.log.error('live false-alarm rates could not be checked', error);
    });
    return checking;
  }

  const timer = setInterval(() => void check(), checkMs).unref();
  return {
    note({ ruleSet, route, segments }) {
      follow();
      // What a set of before promised is not what the present one does.
      if (ruleSet.digest !== followed) return;
      const at = now();
      for (const { ref, text, seen } of segments) {
        if (seen.held.length === 0 || !texts.isNew(`${ref.target}\n${route}\n${text}`, at)) continue;
        const reached = new Set(seen.reached);
        for (const key of seen.held) {
          const one = tracked.get(key);
          if (one !== undefined) countSegment(one.window, bucketOf(at), reached.has(key));
        }
      }
    },
    check,
    reading: () => ({ rates: [...tracked.values()].map(readingOf), textsForgotten: texts.forgotten() }),
    async close() {
      clearInterval(timer);
      await checking;
      await writer.write(stateOf(tracked));
    },
  };
}

interface Moment {
  readonly at: number;
  readonly bucket: number;
}

async function checkOne(parts: DriftKeeperParts, one: Tracked, { at, bucket }: Moment): Promise<void> {
  const { factor, windowMs, featureset, telemetry, log } = parts;
  const { promised, alertedAt, drift: before } = one;
  const live = liveRate(countedIn(one.window, bucket));
  one.drift = judgeDrift({ live, promised, before, factor });
  const direction = one.drift;
  if (direction === 'none') return;
  const last = alertedAt[direction];
  // One that lies a window ahead was raised under another clock.
  if (last !== undefined && Math.abs(at - last) < windowMs) {
    if (direction !== before) telemetry.recordDriftAlert(direction, 'held_back');
    return;
  }
  const digests = { featuresetDigest: featureset, ruleSetDigest: parts.currentRules().digest };
  const drifted: Drifted = { direction, promised, live, factor, windowMs, digests, at };
  const { outcome } = await parts.ledger.commit(driftRecord(drifted));
  telemetry.recordDriftAlert(direction, outcome === 'committed' ? 'raised' : outcome);
  // What the store did not take is tried again with the next check.
  if (outcome !== 'committed') return;
  alertedAt[direction] = at;
  log.warn('a live false-alarm rate is not the promised one', {
    rule: promised.ruleName,
    condition: promised.condition,
    direction,
    promised: promised.rate,
    rate: live.rate ?? 0,
    segments: live.segments,
  });
}

function promisesIn({ log }: DriftKeeperParts, rules: RuleSet): readonly Promised[] {
  const all = promisesOf(rules);
  if (all.length > MAX_PROMISES) {
    log.warn('more thresholds than are measured on live traffic', {
      thresholds: all.length,
      measured: MAX_PROMISES,
    });
  }
  return all.slice(0, MAX_PROMISES);
}

function stateOf(tracked: ReadonlyMap<string, Tracked>): TrackedFile['thresholds'] {
  return [...tracked.values()].map(({ promised: { key, fingerprint }, window, drift, alertedAt }) => ({
    key,
    fingerprint,
    window,
    drift,
    alertedAt,
  }));
}
