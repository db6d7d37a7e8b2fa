import { LEVELS, type Matchers } from '../../alerts/index.ts';
import type { Level } from '../../rules/index.ts';
import { loadConfig } from '../config/load-config.ts';
import { type Call, defineCommand, UsageError, writeJson } from './command.ts';
import { parseTime } from './time-range.ts';
import { unknownRules } from './unknown-rules.ts';
import { useDesk } from './use-desk.ts';

const many = { type: 'string', multiple: true } as const;

const options = {
  rule: many,
  tag: many,
  tenant: many,
  conversation: many,
  level: many,
  'min-level': { type: 'string' },
  author: { type: 'string' },
  comment: { type: 'string' },
  for: { type: 'string' },
  until: { type: 'string' },
  json: { type: 'boolean' },
} as const;

/** `telltale silence add` */
export const silenceAddCommand = defineCommand({
  name: 'silence add',
  summary: 'Hold alerts back from all sinks for a while',
  usage: `[--rule NAME]… [--tag TAG]… [--tenant T]… [--conversation ID]… [--level L]… [--min-level L]
               --author WHO --comment WHY --for 2h|--until TIME [--json]`,
  details: `
An alert is held back that is all that was said, and of options given several times one; * stands for any text. It is
recorded and shown in the review all the same, and counted: see telltale silence list. The duration is a number with
s, m, h or d; the time is ISO 8601 with its zone. Every gateway on the same store, under TELLTALE_DATA or
at DATABASE_URL, obeys within a second or two. A rule that is neither among the configured ones nor among those that
come with Telltale is warned of, and silenced all the same: it may be still to come.`,
  options,
  maxPositionals: 0,
  async run({ values, io }) {
    const matchers = matchersOf(values);
    const { author, comment } = values;
    if (!author || !comment) throw new UsageError('silence add: --author and --comment are needed');
    const startsAt = new Date();
    const endsAt = endOf(values, startsAt).toISOString();
    const silence = { matchers, author, comment, startsAt: startsAt.toISOString(), endsAt };
    const config = loadConfig(io.env);
    const added = await useDesk(config, (desk) => desk.addSilence(silence));
    const warnings = await unknownRules(values.rule ?? [], config);
    for (const warning of warnings) io.stderr.write(`silence add: ${warning}\n`);
    if (values.json) writeJson(io, { ...added, ...(warnings.length > 0 && { warnings }) });
    else io.stdout.write(`${added.id} until ${endsAt}\n`);
    return 0;
  },
});

type Given = Call<typeof options>['values'];

function matchersOf(values: Given): Matchers {
  const levels = values.level?.map((level) => levelOf('--level', level));
  const matchers: Matchers = {
    ...(values.rule && { rules: values.rule }),
    ...(values.tag && { tags: values.tag }),
    ...(values.tenant && { tenants: values.tenant }),
    ...(values.conversation && { conversations: values.conversation }),
    ...(levels && { levels }),
    ...(values['min-level'] !== undefined && { min_level: levelOf('--min-level', values['min-level']) }),
  };
  if (Object.keys(matchers).length > 0) return matchers;
  throw new UsageError('silence add: say what is silenced, for example --rule NAME or --tag TAG');
}

function levelOf(option: string, text: string): Level {
  const level = LEVELS.find((known) => known === text);
  if (level !== undefined) return level;
  throw new UsageError(`silence add: ${option} ${text}: not one of ${LEVELS.join(', ')}`);
}

const UNITS_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function endOf({ for: duration, until }: Given, from: Date): Date {
  if ((duration === undefined) === (until === undefined)) {
    throw new UsageError('silence add: either --for or --until is needed');
  }
  if (duration !== undefined) {
    const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(duration) ?? [];
    if (Number(count) > 0) return new Date(from.getTime() + Number(count) * (UNITS_MS[unit] ?? 0));
    throw new UsageError(`silence add: --for ${duration}: not a duration as 30m, 2h or 1d, more than none`);
  }
  const end = parseTime(until ?? '');
  if (end !== null && end > from) return end;
  throw new UsageError(
    `silence add: --until ${until}: not a time to come with its zone, as 2027-01-31T18:00:00Z`,
  );
}
