import { type CountedSilence, holds, type Ledger } from '../../alerts/index.ts';
import { loadConfig } from '../config/load-config.ts';
import type { Config } from '../config/schema.ts';
import { matchersText } from '../sinks/matchers-text.ts';
import { configuredSilences } from '../sinks/open-silences.ts';
import { defineCommand, writeJson } from './command.ts';
import { formatTable } from './table.ts';
import { useDesk } from './use-desk.ts';

/** `telltale silence list` */
export const silenceListCommand = defineCommand({
  name: 'silence list',
  summary: 'Show the silences, and how many alerts each has held back',
  usage: '[--all] [--json]',
  details: `
Silences of the configuration and those added by telltale silence add, from the store under TELLTALE_DATA or at
DATABASE_URL; with --all those that have ended too. An alert that is held back from several sinks counts once for each.`,
  options: { all: { type: 'boolean' }, json: { type: 'boolean' } },
  maxPositionals: 0,
  async run({ values, io }) {
    const config = loadConfig(io.env);
    const all = await useDesk(config, (desk) => allSilences(config, desk));
    const now = Date.now();
    const shown = all.filter(({ endsAt }) => values.all || Date.parse(endsAt) > now);
    if (values.json) writeJson(io, { silences: shown });
    else io.stdout.write(shown.length === 0 ? 'no silences\n' : describe(shown, now));
    return 0;
  },
});

/** Those of the configuration first. */
async function allSilences(config: Config, desk: Ledger): Promise<readonly CountedSilence[]> {
  const configured = configuredSilences(config.silences);
  const counts = await desk.heldBack(configured.map(({ id }) => id));
  const heldBack = new Map(counts.map(({ id, alerts }) => [id, alerts]));
  const counted = configured.map((silence) => ({ ...silence, heldBack: heldBack.get(silence.id) ?? 0 }));
  return [...counted, ...(await desk.listSilences({}))];
}

function describe(silences: readonly CountedSilence[], now: number): string {
  const head = ['id', 'now', 'until', 'held back', 'author', 'what', 'comment'];
  const rows = silences.map((silence) => {
    const { id, endsAt, heldBack, author, matchers, comment } = silence;
    const state = holds(silence, now) ? 'holds' : Date.parse(endsAt) <= now ? 'ended' : 'to come';
    return [id, state, endsAt, String(heldBack), author, matchersText(matchers), comment];
  });
  return formatTable([head, ...rows]);
}
