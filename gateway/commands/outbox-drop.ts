import { SCORING_SINK } from '../../alerts/index.ts';
import { loadConfig } from '../config/load-config.ts';
import type { Config } from '../config/schema.ts';
import { sinkNames } from '../sinks/create-sinks.ts';
import { defineCommand, UsageError, writeJson } from './command.ts';
import { checkSink, deadSelection, tellUnknown, useDesk } from './use-desk.ts';

const MAX_NUMBERS = 1000;

/** `telltale outbox drop` */
export const outboxDropCommand = defineCommand({
  name: 'outbox drop',
  summary: 'Give up dead letters for good, or what waits for a sink that is gone',
  usage: '[NUMBER … | --sink NAME [--waiting] | --all] [--json]',
  details: `
Removes dead letters. The exchange of an alert stays in the store and on the review page; an exchange that the store
could not write is lost with its dead letter. Exit code 1 where a number is that of no dead letter. With --waiting what waits
for a sink that the configuration no longer names: nobody delivers it, and while it waits it counts for the water marks and
is kept from retention. Under the name ${SCORING_SINK} these are exchanges that were to be scored elsewhere, where scoring.where is
kafka no more; nothing else holds them.`,
  options: {
    sink: { type: 'string' },
    waiting: { type: 'boolean' },
    all: { type: 'boolean' },
    json: { type: 'boolean' },
  },
  maxPositionals: MAX_NUMBERS,
  async run({ values, positionals, io }) {
    const selection = deadSelection('outbox drop', positionals, values);
    const config = loadConfig(io.env);
    if (values.waiting) checkGone(values.sink, config);
    const dropped = await useDesk(config, async (desk) => {
      await checkSink('outbox drop', values.sink, { config, desk });
      return values.waiting ? desk.dropWaiting(values.sink ?? '') : desk.dropDead(selection);
    });
    if (values.json) writeJson(io, { dropped });
    else io.stdout.write(`${dropped} dropped\n`);
    return tellUnknown(io, selection, dropped) > 0 ? 1 : 0;
  },
});

/** What waits for a sink that is there is the gateway's to deliver. */
function checkGone(sink: string | undefined, config: Config): void {
  if (sink === undefined) throw new UsageError('outbox drop: --waiting needs --sink NAME');
  const isHandedOver = sink === SCORING_SINK && config.scoring.where === 'kafka';
  if (!isHandedOver && !sinkNames(config).includes(sink)) return;
  const why = isHandedOver
    ? 'scoring.where is kafka, so what waits is handed over; score inline first'
    : 'the configuration names it, so what waits is delivered; take it out of the configuration first';
  throw new UsageError(`outbox drop: --waiting --sink ${sink}: ${why}`);
}
