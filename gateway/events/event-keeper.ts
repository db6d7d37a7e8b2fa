import { readFile } from 'node:fs/promises';
import {
  beginEvents,
  carryEvents,
  type EventState,
  type EventStep,
  exportEvents,
  type Finding,
  importEvents,
  nextDue,
  type Observed,
  observeEvents,
  passTime,
  type RuleSet,
} from '../../rules/index.ts';
import { createStateWriter } from '../state-file.ts';
import type { Logger, Telemetry } from '../telemetry/index.ts';
import { createDueClock, type DueTime } from './due-clock.ts';

/** Holds what correlations and grouped alerts have counted, over reloads and restarts. */
export interface EventKeeper {
  /** Takes in the findings of one exchange; gives them back, marked where alerts are held back, with those that
   *  correlations make of them. */
  observe(ruleSet: RuleSet, observed: readonly Observed[]): readonly Finding[];
  /** Waits for what is being recorded and writes down what was counted; what is due later waits for the next start. */
  close(): Promise<void>;
}

export interface EventKeeperParts {
  /** File of the state, in JSON. */
  readonly path: string;
  readonly currentRules: () => RuleSet;
  readonly telemetry: Pick<Telemetry, 'recordHeldBack' | 'recordEvictedGroups' | 'recordForgottenWords'>;
  readonly log: Logger;
  /** Records findings that time alone has made; never rejects. One call after another. */
  readonly recordLate: (late: readonly Observed[]) => Promise<void>;
  /** Between two writes; default 2,000. What was counted since the last one is lost when the process is killed. */
  readonly saveMs?: number;
  /** The time that exchanges have come to; default the wall's. Of a worker that is behind it is past. */
  readonly time?: DueTime;
}

/** Reads the state that the last run left. One that cannot be read is said so, and counting begins anew. What was due
 *  while nothing ran fires at once. */
export async function createEventKeeper(parts: EventKeeperParts): Promise<EventKeeper> {
  const { path, currentRules, telemetry, log, recordLate, saveMs = 2_000, time } = parts;
  const read = await readState(parts);
  let state = read ?? beginEvents();
  let carriedFor = currentRules().digest;
  let recording: Promise<void> = Promise.resolve();
  let isSaving = false;
  const writer = createStateWriter({
    path,
    log,
    trouble: 'what correlations have counted cannot be written',
    textOf: (counted: EventState) => JSON.stringify(exportEvents(counted)),
    // A file that was read may hold more than its rules count now.
    ...(read === null && { initial: state }),
  });
  const timer = setInterval(() => void save(), saveMs).unref();
  const clock = createDueClock(() => take(passTime(carry(), state, (time?.now ?? Date.now)())), time);

  /** What has fired waits no more in the state: its findings are on disk first, else a crash between would lose them. */
  async function save(): Promise<void> {
    if (isSaving) return;
    isSaving = true;
    const seen = state;
    await recording;
    await writer.write(seen);
    isSaving = false;
  }

  /** Rules may have changed since the last findings: what nothing counts any more goes. */
  function carry(): RuleSet {
    const rules = currentRules();
    if (rules.digest !== carriedFor) {
      carriedFor = rules.digest;
      ({ state } = carryEvents(rules, state));
    }
    return rules;
  }

  function take(step: EventStep): readonly Finding[] {
    ({ state } = step);
    for (const [rule, count] of step.heldBack) telemetry.recordHeldBack(rule, count);
    if (step.evicted > 0) telemetry.recordEvictedGroups(step.evicted);
    if (step.forgotten > 0) telemetry.recordForgottenWords(step.forgotten);
    if (step.late.length > 0) recording = recording.then(() => recordLate(step.late));
    clock.set(nextDue(state));
    return step.findings;
  }

  clock.set(nextDue(state));
  return {
    observe(ruleSet, observed) {
      carry();
      return observed.length === 0 ? [] : take(observeEvents(ruleSet, state, observed));
    },
    async close() {
      clock.stop();
      clearInterval(timer);
      await recording;
      await writer.write(state);
    },
  };
}

/** @returns null where there is nothing, or nothing that can be read */
async function readState({ path, currentRules, log }: EventKeeperParts): Promise<EventState | null> {
  const refuse = (reason: string) => {
    log.warn('what correlations had counted cannot be read; they begin anew', { path, reason });
    return null;
  };
  try {
    const read = importEvents(currentRules(), JSON.parse(await readFile(path, 'utf8')));
    return read.ok ? read.state : refuse(read.message);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    return refuse(error instanceof Error ? error.message : String(error));
  }
}
