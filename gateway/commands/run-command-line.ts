import { parseArgs } from 'node:util';
import { nearest } from '../config/nearest.ts';
import {
  type Call,
  type Command,
  CommandFailure,
  type CommandIo,
  EXIT_CODES,
  type Options,
  UsageError,
  writeJson,
} from './command.ts';
import { commandHelp, createHelp, groupHelp, overview } from './help.ts';

const HELP: Options = { help: { type: 'boolean', short: 'h' } };

/** Runs `telltale ARGS`. Why a command fails is told on standard error, and where `--json` is given on standard output as
 *  well, in the form of problems of rules.
 *  @returns the exit code, as the command's help says what each means */
export async function runCommandLine(
  commands: readonly Command[],
  args: readonly string[],
  io: CommandIo,
): Promise<number> {
  const all = [...commands, createHelp(commands)];
  const isJson = asksForJson(args);
  try {
    const [first = ''] = args;
    if (first === '') throw new UsageError(`no command\n\n${overview(all)}`);
    if (first === '--help' || first === '-h') return await runCommandLine(commands, ['help'], io);
    if (first === '--version') return await runCommandLine(commands, ['version'], io);
    const asksForGroup = (args[1] === '--help' || args[1] === '-h') && groupHelp(all, first) !== null;
    if (asksForGroup) return await runCommandLine(commands, ['help', first], io);
    const { command, rest } = findCommand(all, args);
    return await runCommand(command, rest, io).catch((error: unknown) =>
      report(error, { io, isJson, failureCode: (command.exitCodes ?? EXIT_CODES).failure }),
    );
  } catch (error) {
    return report(error, { io, isJson, failureCode: EXIT_CODES.failure });
  }
}

/** Whether the result is wanted as JSON, though the command line be wrong in another place. */
function asksForJson(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return args.slice(0, end < 0 ? args.length : end).includes('--json');
}

/** The command whose name the arguments begin with, and the arguments after it. */
function findCommand(commands: readonly Command[], args: readonly string[]) {
  const [first = '', second = ''] = args;
  const one = commands.find(({ name }) => name === first);
  if (one !== undefined) return { command: one, rest: args.slice(1) };
  const group = commands.filter(({ name }) => name.startsWith(`${first} `));
  const two = group.find(({ name }) => name === `${first} ${second}`);
  if (two !== undefined) return { command: two, rest: args.slice(2) };
  if (second === '' && group.length > 0) {
    throw new UsageError(`${first}: a command is missing\n\n${groupHelp(commands, first)}`);
  }
  if (group.length > 0) {
    const names = group.map(({ name }) => name.slice(first.length + 1));
    throw new UsageError(`${first} ${second}: unknown command${suggest(second, names)}`);
  }
  const names = commands.map(({ name }) => name.split(' ')[0] ?? '');
  throw new UsageError(`${first}: unknown command${suggest(first, names)}`);
}

async function runCommand(command: Command, args: readonly string[], io: CommandIo): Promise<number> {
  const call = parse(command, args, io);
  if (call === null) {
    io.stdout.write(commandHelp(command));
    return 0;
  }
  return command.run(call);
}

/** What the command is called with; null where only its help is asked for. */
function parse(command: Command, args: readonly string[], io: CommandIo): Call<Options> | null {
  const options = { ...command.options, ...HELP };
  const unknown = parseArgs({ args: [...args], options, strict: false, tokens: true }).tokens.find(
    (token) => token.kind === 'option' && !Object.hasOwn(options, token.name),
  );
  if (unknown?.kind === 'option') {
    throw new UsageError(
      `${command.name}: unknown option ${unknown.rawName}${suggest(unknown.name, Object.keys(options), '--')}`,
    );
  }
  const { values, positionals } = parseStrictly(command, args, options);
  if (values['help'] === true) return null;
  if (positionals.length > command.maxPositionals) {
    throw new UsageError(`${command.name}: unexpected argument ${positionals[command.maxPositionals]}`);
  }
  return { values, positionals, io };
}

function parseStrictly(command: Command, args: readonly string[], options: Options) {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: true });
  } catch (cause) {
    throw new UsageError(`${command.name}: ${(cause as Error).message}`, { cause });
  }
}

function suggest(word: string, names: readonly string[], prefix = ''): string {
  const near = nearest(word, names);
  if (near !== null) return `; did you mean ${prefix}${near}?`;
  return `; known: ${[...new Set(names)].map((name) => prefix + name).join(', ')}`;
}

interface Reported {
  readonly io: CommandIo;
  readonly isJson: boolean;
  readonly failureCode: number;
}

function report(error: unknown, { io, isJson, failureCode }: Reported): number {
  const isUsage = error instanceof UsageError;
  const isExpected =
    isUsage || error instanceof CommandFailure || (error instanceof Error && 'code' in error);
  const message = error instanceof Error ? error.message : String(error);
  const text = isExpected || !(error instanceof Error) ? message : error.stack;
  io.stderr.write(`telltale: ${text}\n`);
  if (isJson) writeJson(io, { ok: false, problems: [], message });
  return isUsage ? 2 : failureCode;
}
