import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { AlertsError, type Ledger, SCORING_SINK, STORE_SINK } from '../../alerts/index.ts';
import type { Config } from '../config/schema.ts';
import { openDesk } from '../open-ledger.ts';
import { sinkNames } from '../sinks/create-sinks.ts';
import { CommandFailure, type CommandIo, UsageError } from './command.ts';

/** Opens the store of the configuration for a command, which may work beside a gateway that runs, and closes it again.
 *  @throws {CommandFailure} where there is no store yet, or a damaged one: a command makes none and sets none aside */
export async function useDesk<Result>(
  config: Config,
  work: (desk: Ledger) => Promise<Result>,
): Promise<Result> {
  const { data, store } = config;
  if (store.database_url === null) {
    const file = join(data, 'telltale.db');
    await access(file).catch((cause) => {
      throw new CommandFailure(`there is no store at ${file}; TELLTALE_DATA names its folder`, { cause });
    });
  }
  const desk = await openDesk(config).catch((error: unknown) => {
    if (!(error instanceof AlertsError) || error.code !== 'STORE_CORRUPT') throw error;
    const what = 'nothing was changed; the gateway sets it aside when it starts, and raises an alert';
    throw new CommandFailure(`${error.message}: ${what}`, { cause: error });
  });
  try {
    return await work(desk);
  } finally {
    await desk.close();
  }
}

/** The names under which dead letters may stand: of sinks, of those for which the store still holds some, and the two of
 *  exchanges.
 *  @throws {UsageError} where one is asked for that is none of them */
export async function checkSink(
  command: string,
  sink: string | undefined,
  { config, desk }: { readonly config: Config; readonly desk: Ledger },
): Promise<void> {
  if (sink === undefined) return;
  const sinks = [...sinkNames(config), ...(await desk.sinksWithRows()), SCORING_SINK, STORE_SINK];
  const known = [...new Set(sinks)];
  if (!known.includes(sink))
    throw new UsageError(`${command}: unknown sink ${sink}; known: ${known.join(', ')}`);
}

/** Which dead letters a command is about: numbers, or --sink NAME, or --all; never all of them by accident.
 *  @throws {UsageError} */
export function deadSelection(
  command: string,
  numbers: readonly string[],
  { sink, all }: { readonly sink?: string | undefined; readonly all?: boolean | undefined },
): { sink?: string; seqs?: number[] } {
  const ways = [numbers.length > 0, sink !== undefined, all === true].filter(Boolean).length;
  if (ways !== 1) throw new UsageError(`${command}: name dead letters by number, or --sink NAME, or --all`);
  if (sink !== undefined) return { sink };
  if (all === true) return {};
  const seqs = numbers.map((number) => {
    if (!/^\d{1,15}$/.test(number))
      throw new UsageError(`${command}: ${number}: not a number of a dead letter`);
    return Number(number);
  });
  return { seqs: [...new Set(seqs)] };
}

/** Says that some of the numbers that a command was given are those of no dead letter.
 *  @param found - dead letters that there were
 *  @returns how many there were not */
export function tellUnknown(
  { stderr }: Pick<CommandIo, 'stderr'>,
  { seqs }: { readonly seqs?: readonly number[] },
  found: number,
): number {
  const unknown = (seqs?.length ?? found) - found;
  if (unknown > 0) stderr.write(`telltale: ${unknown} of the numbers are those of no dead letter\n`);
  return unknown;
}
