import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CampaignPlan, type CampaignReport, runCampaign } from './campaign.ts';
import { failuresOf, totalOf } from './report.ts';

/** `npm run test:faults [-- healing] [STORE…]`: the long campaigns, on SQLite and on PostgreSQL or only on those that are
 *  named; `healing`: the short ones, in which the broker is stopped for a minute and gateways are killed again and again
 *  and the way of a fresh alert timed each time. Each writes what it found into bench/results/faults.json beside what the
 *  others found there; the exit code is 1 where anything is as it may not be. */
const PATH = join(import.meta.dirname, '../../bench/results/faults.json');
const SHARED = { maxSeconds: 3600, conversations: 12, pauseMs: 40, stoppedMs: 60_000 };
const LONG = { name: 'long', timedHealings: 1 } as const;
const HEALING = {
  name: 'healing',
  timedHealings: 4,
  faults: { broker_stopped: 1, broker_killed: 1, connections_cut: 1, gateway_killed: 1 },
} as const;
const EACH = {
  gateway_restarted: 2,
  store_locked: 5,
  clock_stepped: 5,
  broker_stopped: 1,
  broker_frozen: 2,
  broker_slow: 5,
  connections_cut: 5,
};
const PLANS: readonly Omit<CampaignPlan, 'onProgress'>[] = [
  {
    ...SHARED,
    ...LONG,
    store: 'SQLite',
    faults: { ...EACH, gateway_killed: 30, disk_filled: 5, broker_killed: 12 },
  },
  {
    ...SHARED,
    ...LONG,
    store: 'PostgreSQL',
    faults: { ...EACH, gateway_killed: 20, database_killed: 10, broker_killed: 8 },
  },
  { ...SHARED, ...HEALING, store: 'SQLite' },
  { ...SHARED, ...HEALING, store: 'PostgreSQL' },
];

async function run(plan: (typeof PLANS)[number]): Promise<CampaignReport> {
  const began = performance.now();
  const onProgress = (line: string): void => {
    const seconds = Math.round((performance.now() - began) / 1000);
    process.stderr.write(`${plan.store} ${seconds} s: ${line}\n`);
  };
  return runCampaign({ ...plan, onProgress });
}

/** Puts a campaign in place of an earlier one of the same plan on the same store. */
function keep(report: CampaignReport): void {
  const before = existsSync(PATH)
    ? (JSON.parse(readFileSync(PATH, 'utf8')).campaigns as CampaignReport[])
    : [];
  const others = before.filter(({ store, plan }) => store !== report.store || plan !== report.plan);
  const text = `${JSON.stringify(totalOf([...others, report]), null, 2)}\n`;
  writeFileSync(PATH, text);
  process.stdout.write(text);
}

const [name, ...stores] =
  process.argv[2] === 'healing' ? process.argv.slice(2) : ['long', ...process.argv.slice(2)];
const unknown = stores.filter((wanted) => PLANS.every(({ store }) => store !== wanted));
if (unknown.length > 0) throw new Error(`${unknown.join(', ')}: no store; there are SQLite and PostgreSQL`);
const chosen = PLANS.filter((plan) => plan.name === name);
for (const plan of chosen.filter(({ store }) => stores.length === 0 || stores.includes(store))) {
  const report = await run(plan);
  keep(report);
  for (const failure of failuresOf(report)) {
    process.stderr.write(`${failure}\n`);
    process.exitCode = 1;
  }
}
