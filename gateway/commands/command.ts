import type { ParseArgsConfig, parseArgs } from 'node:util';

/** Options of a command, as `parseArgs` of node:util takes them. */
export type Options = NonNullable<ParseArgsConfig['options']>;

/** What `parseArgs` makes of them. */
export type Values<T extends Options> = ReturnType<
  typeof parseArgs<{ options: T; strict: true; allowPositionals: true }>
>['values'];

/** Where a command writes. Its result goes to `stdout` and nothing else does, so that JSON there stays clean. */
export interface CommandIo {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  readonly env: NodeJS.ProcessEnv;
  /** Whether standard output is a terminal that shows colours. */
  readonly hasColours: boolean;
  /** Whether standard error is one, where problems are told. */
  readonly errorsHaveColours: boolean;
  /** Whether standard error is a terminal, where progress may be shown. */
  readonly showsProgress: boolean;
}

/** What a command was called with. */
export interface Call<T extends Options> {
  readonly values: Values<T>;
  readonly positionals: readonly string[];
  readonly io: CommandIo;
}

/** How a command ends. */
export interface ExitCodes {
  /** What each says, for its help. */
  readonly meaning: string;
  /** Where it fails, though its command line be right. */
  readonly failure: number;
}

/** Of a command that has none of its own. */
export const EXIT_CODES: ExitCodes = {
  meaning: '0 done, 1 not as asked, 2 the command line is wrong',
  failure: 1,
};

/** A command of the `telltale` program. */
export interface Command {
  /** One or two words: `score`, `rules check`. */
  readonly name: string;
  readonly summary: string;
  /** What follows `telltale NAME`. */
  readonly usage: string;
  /** More for `telltale help NAME`, may be empty. */
  readonly details: string;
  readonly options: Options;
  /** The most arguments that are not options. */
  readonly maxPositionals: number;
  /** Of a command whose 1 is an answer; the others have `EXIT_CODES`. */
  readonly exitCodes?: ExitCodes;
  /** @returns the exit code: 0 done, 1 not as asked, unless it has `exitCodes` of its own
   *  @throws {UsageError} for exit code 2 */
  run(call: Call<Options>): Promise<number>;
}

/** The command line is wrong: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What was asked for cannot be had: exit code 1, the message is for people. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
}

/** Ties the types of a command's options to what its `run` receives. */
export function defineCommand<const T extends Options>(
  command: Omit<Command, 'options' | 'run'> & { options: T; run(call: Call<T>): Promise<number> },
): Command {
  return command as unknown as Command;
}

/** Writes one line of JSON, the result of a command. */
export function writeJson(io: CommandIo, result: object): void {
  io.stdout.write(`${JSON.stringify(result)}\n`);
}
