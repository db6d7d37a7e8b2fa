import { loadConfig } from '../config/load-config.ts';
import { defineCommand, writeJson } from './command.ts';
import { checkSink, deadSelection, tellUnknown, useDesk } from './use-desk.ts';

const MAX_NUMBERS = 1000;

/** `telltale outbox retry` */
export const outboxRetryCommand = defineCommand({
  name: 'outbox retry',
  summary: 'Try dead letters again',
  usage: '[NUMBER … | --sink NAME | --all] [--json]',
  details: `
Alerts go back into the outbox, behind those that wait, and are delivered by the gateway, under the id that they had.
Exchanges that the store could not write (--sink store) are written now; those that could not be scored (--sink scoring)
wait for the workers' topic again. An exchange of more than 1,048,576 characters (texts, tokens, findings) was kept without
its texts, as its reason says: it is written without them, and how many these are is said. Exit code 1 where some stay dead letters, or a number is that of none.`,
  options: { sink: { type: 'string' }, all: { type: 'boolean' }, json: { type: 'boolean' } },
  maxPositionals: MAX_NUMBERS,
  async run({ values, positionals, io }) {
    const selection = deadSelection('outbox retry', positionals, values);
    const config = loadConfig(io.env);
    const done = await useDesk(config, async (desk) => {
      await checkSink('outbox retry', values.sink, { config, desk });
      return desk.retryDead(selection);
    });
    if (values.json) writeJson(io, done);
    else {
      io.stdout.write(`${done.retried} retried, ${done.failed.length} stay dead letters\n`);
      if (done.withoutTexts > 0) io.stdout.write(`${done.withoutTexts} written without their texts\n`);
      for (const { seq, reason } of done.failed) io.stderr.write(`${seq}: ${reason}\n`);
    }
    const unknown = tellUnknown(io, selection, done.retried + done.failed.length);
    return done.failed.length + unknown > 0 ? 1 : 0;
  },
});
