import { resolve } from 'node:path';
import { type EraseSelection, type Erasure, eraseKept } from '../../alerts/index.ts';
import { loadConfig } from '../config/load-config.ts';
import { subjectId } from '../conversation/subject-id.ts';
import { defineCommand, UsageError, writeJson } from './command.ts';
import { useDesk } from './use-desk.ts';

const WAYS = ['subject', 'conversation', 'exchange'] as const;

/** `telltale erase` */
export const eraseCommand = defineCommand({
  name: 'erase',
  summary: 'Erase a person or a conversation from the store, with a proof',
  usage: '--subject NAME | --conversation ID | --exchange ID [--json]',
  details: `
Removes the exchanges with their texts, findings, reviews, waiting alerts and dead letters, and what is kept of them for
rules replay, also beside a gateway that runs. A subject is named as callers name their users: in the header
x-telltale-subject, in \`safety_identifier\`, \`user\` or \`metadata.user_id\`; where they name none it is the caller itself.
The store holds a hash of it. The proof: ids and counts of what was removed, and a search of every byte of the store's
files for pieces of the removed texts, before (so that the search is known to find them) and after. In PostgreSQL the
tables are rewritten and searched by rows. What an erasure within the store cannot reach is part of the proof. Exit code 1
where something was found after.`,
  options: {
    subject: { type: 'string' },
    conversation: { type: 'string' },
    exchange: { type: 'string' },
    json: { type: 'boolean' },
  },
  maxPositionals: 0,
  async run({ values, io }) {
    const given = WAYS.flatMap((by): EraseSelection[] => {
      const value = values[by];
      if (value === undefined) return [];
      if (value === '') throw new UsageError(`erase: --${by} is empty`);
      return [{ by, value: by === 'subject' ? subjectId(value) : value }];
    });
    const [selection, more] = given;
    if (selection === undefined || more !== undefined)
      throw new UsageError('erase: name one of --subject NAME, --conversation ID and --exchange ID');
    const config = loadConfig(io.env);
    const erasure = await useDesk(config, async (desk): Promise<Erased> => {
      // First: of what is gone from the store nobody could say any more whose it was.
      const kept = eraseKept(resolve(config.data), selection);
      return { ...(await desk.erase(selection)), kept };
    });
    if (values.json) writeJson(io, erasure);
    else io.stdout.write(describe(erasure));
    if (erasure.kept + Object.values(erasure.removed).reduce((sum, count) => sum + count) === 0)
      io.stderr.write(`telltale: nothing was there of ${selection.by} ${values[selection.by]}\n`);
    return erasure.scan.foundAfter === 0 ? 0 : 1;
  },
});

/** What was removed from the store, and how many exchanges of what is kept for replay. */
interface Erased extends Erasure {
  readonly kept: number;
}

function describe({ removed, exchangeIds, alertIds, scan, kept, notReached }: Erased): string {
  const counts = Object.entries(removed).map(([what, count]) => `  ${count} ${what}\n`);
  const what = scan.kind === 'bytes' ? 'pieces of texts and ids' : 'rows';
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
    'not reached:\n',
    ...notReached.map((place) => `  ${place}\n`),
  ].join('');
}
