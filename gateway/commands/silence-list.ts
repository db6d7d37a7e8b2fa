import { resolve } from 'node:path';
import { type CountedSilence, holds, openSilenceStore } from '../../alerts/index.ts';
import { loadConfig } from '../config/load-config.ts';
import { configuredSilences } from '../sinks/open-silences.ts';
import { defineCommand, writeJson } from './command.ts';
import { formatTable } from './table.ts';

/** `telltale silence list` */
export const silenceListCommand = defineCommand({
  name: 'silence list',
  summary: 'Show the silences, and how many alerts each has held back',
  usage: '[--all] [--json]',
  details: `
Silences of the configuration and those added by telltale silence add, from the store under TELLTALE_DATA; with --all
those that have ended too. An alert that is held back from several sinks counts once for each.`,
  options: { all: { type: 'boolean' }, json: { type: 'boolean' } },
  maxPositionals: 0,
  async run({ values, io }) {
    const config = loadConfig(io.env);
    const store = openSilenceStore(resolve(config.data));
    try {
      const now = new Date();
      const configured = configuredSilences(config.silences).map((silence) => ({
        ...silence,
        heldBack: store.heldBack(silence.id),
      }));
      const all = [...configured, ...store.list()];
      const shown = all.filter(({ endsAt }) => values.all || Date.parse(endsAt) > now.getTime());
      if (values.json) writeJson(io, { silences: shown });
      else io.stdout.write(shown.length === 0 ? 'no silences\n' : describe(shown, now.getTime()));
      return 0;
    } finally {
      store.close();
    }
  },
});

function describe(silences: readonly CountedSilence[], now: number): string {
  const head = ['id', 'now', 'until', 'held back', 'author', 'what', 'comment'];
  const rows = silences.map((silence) => {
    const { id, endsAt, heldBack, author, matchers, comment } = silence;
    const state = holds(silence, now) ? 'holds' : Date.parse(endsAt) <= now ? 'ended' : 'to come';
    return [id, state, endsAt, String(heldBack), author, JSON.stringify(matchers), comment];
  });
  return formatTable([head, ...rows]);
}
