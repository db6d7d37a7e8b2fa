import { loadConfig } from '../config/load-config.ts';
import { CommandFailure, defineCommand, UsageError, writeJson } from './command.ts';
import { useDesk } from './use-desk.ts';

/** `telltale silence expire` */
export const silenceExpireCommand = defineCommand({
  name: 'silence expire',
  summary: 'End a silence now',
  usage: 'ID [--json]',
  details: `
Alerts that it would hold back from now on are delivered; those that it has held back stay in the store. A silence of the
configuration ends where it was written.`,
  options: { json: { type: 'boolean' } },
  maxPositionals: 1,
  async run({ values, positionals: [id], io }) {
    if (id === undefined) throw new UsageError('silence expire: which? telltale silence list shows the ids');
    const endedAt = new Date().toISOString();
    const hasEnded = await useDesk(loadConfig(io.env), (desk) => desk.endSilence({ id, now: endedAt }));
    if (!hasEnded) throw new CommandFailure(`${id}: no such silence that holds or is to come`);
    if (values.json) writeJson(io, { id, endedAt });
    else io.stdout.write(`${id} ended\n`);
    return 0;
  },
});
