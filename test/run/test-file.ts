import { resolve } from 'node:path';
import { type EventData, run } from 'node:test';
import { inspect } from 'node:util';
import { endStuck } from './end-stuck.ts';
import type { Failure, Outcome, Skip } from './outcome.ts';

/** A file that takes longer is killed and counts as failed; node:test's own timeout is one per test. Many times what any
 *  takes, so that a slow machine is not taken for a hang. */
const FILE_TIMEOUT_MS = 1_800_000;
/** What is told to end may take so long. */
const GRACE_MS = 5_000;

const NODE_FLAGS = [
  '--disable-warning=ExperimentalWarning',
  '--disable-warning=TimeoutNegativeWarning',
  `--import=${import.meta.resolve('./fixed-seed.ts')}`,
];

/** Runs one test file in its own process. A crash, an overrun, a file without tests, a skip that gives no
 *  reason and a todo are failures.
 *  @param timeoutMs - wall-clock limit for the whole file */
export async function runTestFile(file: string, timeoutMs = FILE_TIMEOUT_MS): Promise<Outcome> {
  const started = performance.now();
  const tally = createTally(resolve(file), timeoutMs);
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    for await (const event of run({ files: [resolve(file)], signal, execArgv: NODE_FLAGS })) {
      if (event.type === 'test:pass') tally.pass(event.data);
      else if (event.type === 'test:fail') tally.fail(event.data);
      else if (event.type === 'test:stdout' || event.type === 'test:stderr') tally.print(event.data.message);
    }
  } catch (error) {
    tally.broke(error);
  }
  // The events of one that was told to end are over before it is.
  if (signal.aborted) await endStuck(resolve(file), GRACE_MS);
  return { name: file, seconds: (performance.now() - started) / 1000, ...tally.result() };
}

const NO_TESTS: Failure = { name: 'the file', error: 'it ran no tests' };

function createTally(path: string, timeoutMs: number) {
  const failures: Failure[] = [];
  const skips: Skip[] = [];
  let passed = 0;
  let output = '';
  const pass = (data: EventData.TestPass) => {
    if (data.details.type === 'suite') return;
    // node:test reports a file without tests as a test named for the file that passed.
    if (data.name === path) return;
    if (data.todo !== undefined) failures.push({ name: data.name, error: 'a todo is not a test' });
    else if (data.skip === undefined) passed += 1;
    else if (typeof data.skip === 'string' && data.skip !== '')
      skips.push({ name: data.name, reason: data.skip });
    else failures.push({ name: data.name, error: 'skipped without a reason' });
  };
  const fail = (data: EventData.TestFail) => {
    const error = data.details.error as Error & { failureType?: string };
    if (error.failureType === 'subtestsFailed') return;
    const isOverrun = data.name === path && error.failureType === 'testAborted';
    const text = isOverrun ? `not done after ${timeoutMs} ms` : inspect(error.cause ?? error);
    failures.push({ name: data.name, error: text });
  };
  const broke = (error: unknown) => {
    failures.push({ name: 'the run of the file', error: inspect(error) });
  };
  const print = (message: string) => {
    output += message;
  };
  const result = () => {
    const isEmpty = passed + skips.length + failures.length === 0;
    return { passed, skips, failures: isEmpty ? [NO_TESTS] : failures, output };
  };
  return { pass, fail, broke, print, result };
}
