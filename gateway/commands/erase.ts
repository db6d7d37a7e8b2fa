import { resolve } from 'node:path';
import { type EraseSelection, type Erasure, eraseKept } from '../../alerts/index.ts';
import { loadConfig } from '../config/load-config.ts';
import { defineCommand, UsageError, writeJson } from './command.ts';
import { useDesk } from './use-desk.ts';

const WAYS = ['conversation', 'exchange'] as const;

/** `telltale erase` */
export const eraseCommand = defineCommand({
  name: 'erase',
  summary: 'Erase a conversation from the store, with a proof',
  usage: '--conversation ID | --exchange ID [--json]',
  details: `
Removes the exchanges with their texts, findings, reviews, waiting alerts and dead letters, also beside a gateway that
runs. The proof: ids and counts of what was removed, and a search of every byte of the store's files for pieces of the
removed texts, before (so that the search is known to find them) and after. In PostgreSQL the tables are rewritten and
searched by rows; the server's log, backups and replicas are not reached. Alerts that were delivered are in the sinks.
Exit code 1 where something was found after.`,
  options: { conversation: { type: 'string' }, exchange: { type: 'string' }, json: { type: 'boolean' } },
  maxPositionals: 0,
  async run({ values, io }) {
    const given = WAYS.flatMap((by): EraseSelection[] => {
      const value = values[by];
      return value === undefined ? [] : [{ by, value }];
    });
    const [selection, more] = given;
    if (selection === undefined || more !== undefined)
      throw new UsageError('erase: name one of --conversation ID and --exchange ID');
    const config = loadConfig(io.env);
    const erasure = await useDesk(config, async (desk): Promise<Erased> => {
      // First: of what is gone from the store nobody could say any more whose it was.
      const kept = eraseKept(resolve(config.data), selection);
      return { ...(await desk.erase(selection)), kept };
    });
    if (values.json) writeJson(io, erasure);
    else io.stdout.write(describe(erasure));
    return erasure.scan.foundAfter === 0 ? 0 : 1;
  },
});

/** What was removed from the store, and how many exchanges of what is kept for replay. */
interface Erased extends Erasure {
  readonly kept: number;
}

function describe({ removed, exchangeIds, alertIds, scan, kept }: Erased): string {
  const counts = Object.entries(removed).map(([what, count]) => `  ${count} ${what}\n`);
  const what = scan.kind === 'bytes' ? 'pieces of text' : 'rows';
  const shared = scan.shared === 0 ? '' : `  ${scan.shared} stand in texts of others too and stay there\n`;
  return [
    'removed:\n',
    ...counts,
    `  ${kept} kept for replay\n`,
    ...exchangeIds.map((id) => `  exchange ${id}\n`),
    ...alertIds.map((id) => `  alert ${id}\n`),
    `searched ${scan.where.join(', ')} for ${scan.needles} ${what}:\n`,
    `  found before: ${scan.foundBefore}, after: ${scan.foundAfter}\n`,
    shared,
  ].join('');
}
