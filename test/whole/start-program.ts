import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startService } from '../services/service-process.ts';

/** The program as `npm start` runs it, in a process and a state folder of its own. */
export interface Program {
  readonly gatewayUrl: string;
  readonly reviewUrl: string;
  output(): string;
  /** SIGTERM; gives the exit code. */
  stop(): Promise<number | null>;
  close(): Promise<void>;
}

const FLAGS = ['--disable-warning=ExperimentalWarning', '--disable-warning=TimeoutNegativeWarning'];

/** Starts `gateway/main.ts` on free ports and waits for its banner. */
export async function startProgram(env: Readonly<Record<string, string>>): Promise<Program> {
  const folder = mkdtempSync(join(tmpdir(), 'telltale-whole-'));
  const ports = { PORT: '0', REVIEW_PORT: '0', TELLTALE_METRICS_PORT: '0' };
  const service = await startService({
    command: process.execPath,
    args: [...FLAGS, 'gateway/main.ts'],
    env: { PATH: process.env['PATH'], ...ports, TELLTALE_DATA: join(folder, 'state'), ...env },
    readyWhen: /^ {2}Try$/m,
    readyTimeoutMs: 120_000,
  });
  const urlOf = (name: string) => new RegExp(`${name} +(http:\\S+)`).exec(service.output())?.[1] ?? '';
  return {
    gatewayUrl: urlOf('gateway'),
    reviewUrl: urlOf('review'),
    output: service.output,
    async stop() {
      await service.stop();
      return service.exitCode();
    },
    async close() {
      await service.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
