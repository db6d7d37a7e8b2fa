import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { COMMANDS } from '../../gateway/commands/all.ts';
import { runCommandLine } from '../../gateway/commands/run-command-line.ts';

/** What a command left behind. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `npm run -s telltale -- ARGS` as a user of a clone does. */
export async function runTelltale(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<CommandResult> {
  const child = spawn('npm', ['run', '-s', 'telltale', '--', ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number]>,
  ]);
  return { code, stdout, stderr };
}

/** Runs the same command line in this process: for tables of cases, a process each would take long. */
export async function runHere(
  args: readonly string[],
  {
    env = {},
    ...terminal
  }: {
    readonly hasColours?: boolean;
    readonly errorsHaveColours?: boolean;
    readonly showsProgress?: boolean;
    readonly env?: NodeJS.ProcessEnv;
  } = {},
): Promise<CommandResult> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const texts = Promise.all([text(stdout), text(stderr)]);
  const shows = { hasColours: false, errorsHaveColours: false, showsProgress: false, ...terminal };
  const code = await runCommandLine(COMMANDS, args, {
    stdout,
    stderr,
    env: { ...process.env, ...env },
    ...shows,
  });
  stdout.end();
  stderr.end();
  const [out, err] = await texts;
  return { code, stdout: out, stderr: err };
}
