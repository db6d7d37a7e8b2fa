import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** How to start a service and how to know that it is ready. */
export interface ServiceCommand {
  command: string;
  args: readonly string[];
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Whose process it is, where it may not be the tests' own. */
  uid?: number;
  gid?: number;
  /** Ready as soon as what it printed matches. */
  readyWhen: RegExp;
  readyTimeoutMs: number;
}

/** A service that runs in a process of its own and dies with the test's process. */
export interface ServiceProcess {
  readonly pid: number;
  /** Everything it has printed so far. */
  output(): string;
  isRunning(): boolean;
  /** Null while it runs, and where a signal ended it. */
  exitCode(): number | null;
  /** SIGTERM, and SIGKILL when it has not ended after `graceMs`; resolves when it is gone. */
  stop(graceMs?: number): Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** Sends a signal (SIGSTOP freezes it, SIGCONT lets it go on). */
  signal(name: NodeJS.Signals): void;
}

const alive = new Set<ChildProcess>();

process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});
// How a test file that overran its deadline is ended; without a handler 'exit' would not come.
process.once('SIGTERM', () => process.exit(143));

/** Starts a service and waits until it says that it is ready.
 *  @throws Error with the end of its output when it ends first or is not ready in time */
export async function startService(start: ServiceCommand): Promise<ServiceProcess> {
  const child = spawn(start.command, start.args, {
    cwd: start.cwd,
    env: start.env ?? process.env,
    ...(start.uid === undefined ? {} : { uid: start.uid }),
    ...(start.gid === undefined ? {} : { gid: start.gid }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  alive.add(child);
  child.once('close', () => alive.delete(child));
  const service = wrap(child);
  await ready(service, start);
  return service;
}

function wrap(child: ChildProcess): ServiceProcess {
  let output = '';
  const ended = once(child, 'close').catch((error: Error) => {
    output += error.message;
  });
  for (const stream of [child.stdout, child.stderr]) {
    // A service's output is read as it comes: back-pressure would stop the service.
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const isRunning = () => alive.has(child);
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  const stop = async (graceMs = 60_000) => {
    child.kill('SIGCONT');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
    await ended;
    clearTimeout(timer);
  };
  const signal = (name: NodeJS.Signals) => void child.kill(name);
  return {
    pid: child.pid ?? -1,
    output: () => output,
    isRunning,
    exitCode: () => child.exitCode,
    stop,
    kill,
    signal,
  };
}

async function ready(service: ServiceProcess, { command, readyWhen, readyTimeoutMs }: ServiceCommand) {
  const deadline = performance.now() + readyTimeoutMs;
  while (!readyWhen.test(service.output())) {
    const isLate = performance.now() > deadline;
    if (isLate) await service.kill();
    if (isLate || !service.isRunning()) {
      const why = isLate ? `was not ready after ${readyTimeoutMs} ms` : 'ended before it was ready';
      throw new Error(`${command} ${why}; it printed:\n${service.output().slice(-4000)}`);
    }
    await sleep(25);
  }
}
