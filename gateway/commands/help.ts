import { nearest } from '../config/nearest.ts';
import { type Command, defineCommand, UsageError } from './command.ts';

const EXIT_CODES = 'Exit codes of all commands: 0 done, 1 not as asked, 2 the command line is wrong.';

/** `telltale help [COMMAND]` */
export function createHelp(commands: readonly Command[]): Command {
  return defineCommand({
    name: 'help',
    summary: 'Explain the program or one command',
    usage: '[COMMAND]',
    details: '',
    options: {},
    maxPositionals: 2,
    async run({ positionals, io }) {
      const name = positionals.join(' ');
      const command = commands.find((candidate) => candidate.name === name);
      if (name !== '' && command === undefined) {
        const near = nearest(
          name,
          commands.map((candidate) => candidate.name),
        );
        throw new UsageError(
          `help: unknown command ${name}${near === null ? '' : `; did you mean ${near}?`}`,
        );
      }
      io.stdout.write(command === undefined ? overview(commands) : commandHelp(command));
      return 0;
    },
  });
}

/** All commands with a line each. */
export function overview(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return `telltale COMMAND [OPTIONS]\n\n${lines.join('\n')}\n\ntelltale help COMMAND tells more. In a clone: npm run -s telltale -- COMMAND …\n`;
}

/** One command with its options. */
export function commandHelp({ name, summary, usage, details }: Command): string {
  return `telltale ${name} ${usage}\n\n${summary}.\n${details === '' ? '' : `\n${details.trim()}\n`}\n${EXIT_CODES}\n`;
}
