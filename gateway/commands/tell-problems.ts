import { formatProblems, type RuleProblem } from '../../rules/index.ts';
import { type CommandIo, writeJson } from './command.ts';

/** Where a command writes, and whether its result is wanted as JSON. */
export interface ProblemOutput {
  readonly io: CommandIo;
  readonly isJson: boolean;
  /** Said after the problems, such as what was not done for them. */
  readonly message?: string;
}

/** Tells why rules do not load: for people on standard error, and on standard output as JSON where that is wanted, with
 *  the problems as `rules check --json` has them. */
export function tellProblems(problems: readonly RuleProblem[], { io, isJson, message }: ProblemOutput): void {
  io.stderr.write(formatProblems(problems, { isColoured: io.errorsHaveColours }));
  if (message !== undefined) io.stderr.write(`telltale: ${message}\n`);
  if (isJson) writeJson(io, { ok: false, problems, ...(message === undefined ? {} : { message }) });
}
