import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  beginEvents,
  carryEvents,
  type EventState,
  exportEvents,
  type Finding,
  importEvents,
  type Observed,
  observeEvents,
  type RuleSet,
} from '../../rules/index.ts';
import type { Logger, Telemetry } from '../telemetry/index.ts';

/** Holds what correlations and grouped alerts have counted, over reloads and restarts. */
export interface EventKeeper {
  /** Takes in the findings of one exchange; gives them back, marked where alerts are held back, with those that
   *  correlations make of them. */
  observe(ruleSet: RuleSet, observed: readonly Observed[]): readonly Finding[];
  /** Writes down what was counted. */
  close(): Promise<void>;
}

export interface EventKeeperParts {
  /** File of the state, in JSON. */
  readonly path: string;
  readonly currentRules: () => RuleSet;
  readonly telemetry: Pick<Telemetry, 'recordHeldBack' | 'recordEvictedGroups'>;
  readonly log: Logger;
  /** Between two writes; default 2,000. What was counted since the last one is lost when the process is killed. */
  readonly saveMs?: number;
}

/** Reads the state that the last run left. One that cannot be read is said so, and counting begins anew. */
export async function createEventKeeper(parts: EventKeeperParts): Promise<EventKeeper> {
  const { path, currentRules, telemetry, log, saveMs = 2_000 } = parts;
  let state = await readState(parts);
  let carriedFor = currentRules().digest;
  const writer = createWriter(path, log);
  const timer = setInterval(() => void writer.write(state), saveMs).unref();

  /** Rules may have changed since the last findings: what nothing counts any more goes. */
  function carry(): void {
    const rules = currentRules();
    if (rules.digest === carriedFor) return;
    carriedFor = rules.digest;
    ({ state } = carryEvents(rules, state));
  }

  return {
    observe(ruleSet, observed) {
      carry();
      if (observed.length === 0) return [];
      const step = observeEvents(ruleSet, state, observed);
      ({ state } = step);
      for (const [rule, count] of step.heldBack) telemetry.recordHeldBack(rule, count);
      if (step.evicted > 0) telemetry.recordEvictedGroups(step.evicted);
      return step.findings;
    },
    async close() {
      clearInterval(timer);
      await writer.write(state);
    },
  };
}

async function readState({ path, currentRules, log }: EventKeeperParts): Promise<EventState> {
  const begin = (reason: string) => {
    log.warn('what correlations had counted cannot be read; they begin anew', { path, reason });
    return beginEvents();
  };
  try {
    const read = importEvents(currentRules(), JSON.parse(await readFile(path, 'utf8')));
    return read.ok ? read.state : begin(read.message);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return beginEvents();
    return begin(error instanceof Error ? error.message : String(error));
  }
}

/** Writes a state where it has changed, one write after another; a reader sees the old file or the new one. */
function createWriter(path: string, log: Logger) {
  let written: EventState | null = null;
  let isFailing = false;
  let work: Promise<void> = Promise.resolve();

  async function attempt(state: EventState): Promise<void> {
    if (state === written || (written === null && isEmpty(state))) return;
    try {
      await replaceFile(path, JSON.stringify(exportEvents(state)));
      written = state;
      isFailing = false;
    } catch (error) {
      if (!isFailing) log.error('what correlations have counted cannot be written', error, { path });
      isFailing = true;
    }
  }

  return {
    write(state: EventState): Promise<void> {
      work = work.then(() => attempt(state));
      return work;
    },
  };
}

function isEmpty({ correlations, alerts }: EventState): boolean {
  return correlations.size === 0 && alerts.size === 0;
}

/** For the owner alone: groups are named by what callers sent. */
const PRIVATE = 0o600;

async function replaceFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const next = `${path}.next`;
  const file = await open(next, 'w', PRIVATE);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(next, path);
}
