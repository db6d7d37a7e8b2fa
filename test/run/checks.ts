import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Failure, Outcome } from './outcome.ts';

/** A command that must exit with 0; counted as one test. */
export interface Check {
  name: string;
  command: string;
  args: readonly string[];
}

const CHECK_TIMEOUT_MS = 900_000;

const STATIC_CHECKS: readonly Check[] = [
  { name: 'types', command: 'tsc', args: ['--noEmit'] },
  { name: 'types of the review page', command: 'tsc', args: ['--noEmit', '-p', 'review/web'] },
  { name: 'lint and format', command: 'biome', args: ['check', '--colors=off'] },
];

const WEB_BUILD: Check = {
  name: 'the review page builds',
  command: 'vite',
  args: ['build', 'review/web', '--logLevel', 'warn'],
};

/** The checks for this run: all of them, or with a filtered run only the build of the review page, and that
 *  only when tests were chosen that open it. */
export function selectChecks(files: readonly string[], isFiltered: boolean): Check[] {
  const hasPage = existsSync('review/web/index.html');
  if (!isFiltered) return [...STATIC_CHECKS, ...(hasPage ? [WEB_BUILD] : [])];
  const isPageNeeded = files.some((file) => /^test\/(review|gateway)\//.test(file));
  return isPageNeeded && hasPage ? [WEB_BUILD] : [];
}

/** Runs one check to its end; a command that cannot start or overruns its deadline is a failure. */
export function runCheck({ name, command, args }: Check): Outcome {
  const started = performance.now();
  const done = spawnSync(`node_modules/.bin/${command}`, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: CHECK_TIMEOUT_MS,
  });
  const seconds = (performance.now() - started) / 1000;
  const isPassed = done.status === 0;
  const error =
    done.error?.message ?? `${command} ${args.join(' ')} exited with ${done.status ?? done.signal}`;
  return {
    name,
    passed: isPassed ? 1 : 0,
    skips: [],
    failures: isPassed ? [] : [{ name, error }],
    seconds,
    output: `${done.stdout ?? ''}${done.stderr ?? ''}`,
  };
}

/** Runs a step of this process; counted as one test, which passes where it throws nothing. */
export function runStep(name: string, step: () => unknown): Outcome {
  const started = performance.now();
  const failures: Failure[] = [];
  try {
    step();
  } catch (error) {
    failures.push({ name, error: (error as Error).message });
  }
  const seconds = (performance.now() - started) / 1000;
  return { name, passed: 1 - failures.length, skips: [], failures, seconds, output: '' };
}
