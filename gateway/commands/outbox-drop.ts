import { loadConfig } from '../config/load-config.ts';
import { defineCommand, writeJson } from './command.ts';
import { checkSink, deadSelection, useDesk } from './use-desk.ts';

const MAX_NUMBERS = 1000;

/** `telltale outbox drop` */
export const outboxDropCommand = defineCommand({
  name: 'outbox drop',
  summary: 'Give up dead letters for good',
  usage: '[NUMBER … | --sink NAME | --all] [--json]',
  details: `
Removes dead letters. The exchange of an alert stays in the store and on the review page; an exchange that the store
could not write is lost with its dead letter. Exit code 1 where a number is that of no dead letter.`,
  options: { sink: { type: 'string' }, all: { type: 'boolean' }, json: { type: 'boolean' } },
  maxPositionals: MAX_NUMBERS,
  async run({ values, positionals, io }) {
    const selection = deadSelection('outbox drop', positionals, values);
    const config = loadConfig(io.env);
    const dropped = await useDesk(config, async (desk) => {
      await checkSink('outbox drop', values.sink, { config, desk });
      return desk.dropDead(selection);
    });
    if (values.json) writeJson(io, { dropped });
    else io.stdout.write(`${dropped} dropped\n`);
    const unknown = (selection.seqs?.length ?? dropped) - dropped;
    if (unknown > 0) io.stderr.write(`telltale: ${unknown} of the numbers are those of no dead letter\n`);
    return unknown > 0 ? 1 : 0;
  },
});
