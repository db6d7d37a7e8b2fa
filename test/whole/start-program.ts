import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** The program as `npm start` runs it, in a process and a state folder of its own. */
export interface Program {
  readonly gatewayUrl: string;
  readonly reviewUrl: string;
  readonly metricsUrl: string;
  readonly child: ChildProcess;
  output(): string;
  /** SIGTERM; gives the exit code. */
  stop(): Promise<number | null>;
  close(): void;
}

const FLAGS = ['--disable-warning=ExperimentalWarning', '--disable-warning=TimeoutNegativeWarning'];
const READY_MS = 120_000;

/** Starts `gateway/main.ts` on free ports and waits for its banner. */
export async function startProgram(env: Readonly<Record<string, string>>): Promise<Program> {
  const folder = mkdtempSync(join(tmpdir(), 'telltale-whole-'));
  const child = spawn(process.execPath, [...FLAGS, resolve('gateway/main.ts')], {
    env: {
      PATH: process.env['PATH'],
      PORT: '0',
      REVIEW_PORT: '0',
      TELLTALE_METRICS_PORT: '0',
      TELLTALE_DATA: join(folder, 'state'),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('readable', () => {
      output += stream.read() ?? '';
    });
  }
  const find = (name: string) => waitFor(() => new RegExp(`${name} +(http:\\S+)`).exec(output)?.[1], child);
  const close = () => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const [gatewayUrl, reviewUrl, metricsUrl] = [
      await find('gateway'),
      await find('review'),
      await find('metrics'),
    ];
    return { gatewayUrl, reviewUrl, metricsUrl, child, output: () => output, stop: () => stop(child), close };
  } catch (error) {
    close();
    throw new Error(`the program did not start:\n${output}`, { cause: error });
  }
}

async function waitFor(read: () => string | undefined, child: ChildProcess): Promise<string> {
  for (let waited = 0; waited < READY_MS; waited += 50) {
    const found = read();
    if (found !== undefined) return found;
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
    await new Promise((next) => setTimeout(next, 50));
  }
  throw new Error(`no banner within ${READY_MS} ms`);
}

async function stop(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  return code;
}
