#!/usr/bin/env node
import { COMMANDS } from './commands/all.ts';
import { runCommandLine } from './commands/run-command-line.ts';

// A reader such as `head` may close the pipe early; what it wanted it has.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
process.exitCode = await runCommandLine(COMMANDS, process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  hasColours: process.stdout.isTTY === true && !process.env['NO_COLOR'],
  errorsHaveColours: process.stderr.isTTY === true && !process.env['NO_COLOR'],
  showsProgress: process.stderr.isTTY === true && !process.env['CI'],
});
