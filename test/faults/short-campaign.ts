import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { type CampaignPlan, runCampaign } from './campaign.ts';
import { failuresOf } from './report.ts';

const SHORT = {
  name: 'short',
  maxSeconds: 30,
  conversations: 4,
  pauseMs: 50,
  stoppedMs: 1000,
  timedHealings: 0,
} as const;

/** Runs a campaign of a few faults, as it fits among the other tests, and fails where anything is as it may not be. */
export async function holdsThrough(
  t: TestContext,
  store: CampaignPlan['store'],
  faults: CampaignPlan['faults'],
): Promise<void> {
  const onProgress = (line: string) => t.diagnostic(line);
  const report = await runCampaign({ ...SHORT, store, faults, onProgress });
  t.diagnostic(JSON.stringify(report));
  assert.deepEqual(failuresOf(report), []);
  assert.ok(report.acknowledged > 20, `${report.acknowledged} acknowledged`);
  assert.ok(
    Object.values(report.kills).some((count) => count > 0),
    'no fault happened',
  );
  for (const [fault, reason] of Object.entries(report.left_out)) {
    await t.test(`through ${fault} as well`, (left) => left.skip(reason));
  }
}
