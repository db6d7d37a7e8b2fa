import { nearest } from '../config/nearest.ts';
import { type Command, defineCommand, EXIT_CODES, UsageError } from './command.ts';

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
      const group = groupHelp(commands, name);
      if (group !== null) {
        io.stdout.write(group);
        return 0;
      }
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
  return `telltale COMMAND [OPTIONS]\n\n${linesOf(commands)}\n\ntelltale help COMMAND tells more. In a clone: npm run -s telltale -- COMMAND …\n`;
}

/** The commands whose names begin with a word, such as `rules`, with a line each; null where there are none. */
export function groupHelp(commands: readonly Command[], word: string): string | null {
  const group = commands.filter(({ name }) => name.startsWith(`${word} `));
  if (group.length === 0) return null;
  const rest = group.map(({ name, summary }) => ({ name: name.slice(word.length + 1), summary }));
  return `telltale ${word} COMMAND [OPTIONS]\n\n${linesOf(rest)}\n\ntelltale help ${word} COMMAND tells more.\n`;
}

function linesOf(commands: readonly Pick<Command, 'name' | 'summary'>[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`).join('\n');
}

/** One command with its options. */
export function commandHelp({ name, summary, usage, details, exitCodes = EXIT_CODES }: Command): string {
  const more = details === '' ? '' : `\n${details.trim()}\n`;
  return `telltale ${name} ${usage}\n\n${summary}.\n${more}\nExit codes: ${exitCodes.meaning}.\n`;
}
