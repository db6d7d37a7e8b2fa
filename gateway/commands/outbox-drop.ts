import { loadConfig } from '../config/load-config.ts';
import { defineCommand, writeJson } from './command.ts';
import { deadSelection, useDesk } from './use-desk.ts';

const MAX_NUMBERS = 1000;

/** `telltale outbox drop` */
export const outboxDropCommand = defineCommand({
  name: 'outbox drop',
  summary: 'Give up dead letters for good',
  usage: '[NUMBER … | --sink NAME | --all] [--json]',
  details: `
Removes dead letters. The exchange of an alert stays in the store and on the review page; an exchange that the store
could not write is lost with its dead letter.`,
  options: { sink: { type: 'string' }, all: { type: 'boolean' }, json: { type: 'boolean' } },
  maxPositionals: MAX_NUMBERS,
  async run({ values, positionals, io }) {
    const selection = deadSelection('outbox drop', positionals, values);
    const dropped = await useDesk(loadConfig(io.env), (desk) => desk.dropDead(selection));
    if (values.json) writeJson(io, { dropped });
    else io.stdout.write(`${dropped} dropped\n`);
    return 0;
  },
});
