import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ledger } from '../../alerts/index.ts';
import type { Config } from '../config/schema.ts';
import { openDesk } from '../open-ledger.ts';
import { CommandFailure, UsageError } from './command.ts';

/** Opens the store of the configuration for a command, which may work beside a gateway that runs, and closes it again.
 *  @throws {CommandFailure} where there is no store yet: a command makes none */
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
  const desk = await openDesk(config);
  try {
    return await work(desk);
  } finally {
    await desk.close();
  }
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
  return { seqs };
}
