import type { CampaignReport } from './campaign.ts';

/** What none of may be. */
const NOTHING = [
  'missing',
  'ghosts',
  'altered',
  'out_of_order',
  'remainder',
  'counter_remainder',
  'dead_letters',
] as const;

const FRESH_MS = 5000;

/** What a campaign found that may not be, one line each. */
export function failuresOf(report: CampaignReport): string[] {
  const { store, duplicates, duplicates_bound: bound, fresh_alert_ms: fresh } = report;
  return [
    ...NOTHING.filter((name) => report[name] !== 0).map(
      (name) => `${store}: ${name} is ${report[name]}, not 0`,
    ),
    ...(duplicates > bound ? [`${store}: ${duplicates} duplicates, at most ${bound} may be`] : []),
  ].concat(
    Object.entries(fresh)
      .flatMap(([fault, times]) => times.map((ms) => [fault, ms] as const))
      .filter(([, ms]) => ms === null || ms > FRESH_MS)
      .map(
        ([fault, ms]) =>
          `${store}: a fresh alert took ${ms ?? 'too many'} ms after ${fault}, at most ${FRESH_MS} may be`,
      ),
  );
}

/** All campaigns together, and each by itself, as bench/results/faults.json has it. */
export function totalOf(reports: readonly CampaignReport[]) {
  const sum = (of: (report: CampaignReport) => number) =>
    reports.reduce((total, report) => total + of(report), 0);
  const kinds = [
    ...new Set(reports.flatMap(({ kills }) => Object.keys(kills))),
  ] as (keyof CampaignReport['kills'])[];
  return {
    acknowledged: sum(({ acknowledged }) => acknowledged),
    expected_alerts: sum(({ expected_alerts: expected }) => expected),
    missing: sum(({ missing }) => missing),
    ghosts: sum(({ ghosts }) => ghosts),
    duplicates: sum(({ duplicates }) => duplicates),
    kills: Object.fromEntries(kinds.map((kind) => [kind, sum(({ kills }) => kills[kind])])),
    seconds: sum(({ seconds }) => seconds),
    campaigns: reports,
  };
}
