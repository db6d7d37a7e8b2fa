import { countRemainder, measureHealings, settle, untilArrived } from './after-faults.ts';
import { type Fault, type FaultPlan, inflictAll, leftOutFaults } from './inflict.ts';
import { type Judgement, judge } from './judge.ts';
import { type StagePlan, setStage } from './stage.ts';

/** What happens to which gateways. */
export interface CampaignPlan extends FaultPlan, StagePlan {
  readonly name: 'long' | 'healing' | 'short';
  /** How often each kind is inflicted once more by itself, and the way of a fresh alert timed. */
  readonly timedHealings: number;
}

/** What one campaign found. */
export interface CampaignReport extends Judgement {
  readonly plan: CampaignPlan['name'];
  readonly store: CampaignPlan['store'];
  readonly kills: Readonly<Record<Fault, number>>;
  /** Kinds that could not happen on this machine, and why. */
  readonly left_out: Readonly<Partial<Record<Fault, string>>>;
  /** What faults may at most bring twice: each leaves what a relay that it hits has in its hands in doubt. */
  readonly duplicates_bound: number;
  /** Alerts in the stores that are not in the topic, or the other way round, and alerts that still wait. */
  readonly remainder: number;
  /** By how much the gateways' counters differ from what was sent. */
  readonly counter_remainder: number;
  readonly dead_letters: number;
  /** After each kind of fault: from its healing to the arrival of alerts of exchanges sent after it, each time that it was
   *  timed; null where they did not come while it was waited for them. */
  readonly fresh_alert_ms: Readonly<Partial<Record<Fault, readonly (number | null)[]>>>;
  readonly seconds: number;
}

/** Alerts that a relay may have in its hands: those that a sink has just taken, and those before that are being struck
 *  off. */
const IN_HANDS = 2 * 128;

/** Runs faults against two gateways and a broker while a driver sends, then waits for everything to arrive. */
export async function runCampaign(plan: CampaignPlan): Promise<CampaignReport> {
  const started = performance.now();
  const closers: (() => unknown)[] = [];
  try {
    const stage = await setStage(plan, closers);
    const kills = await inflictAll(plan, stage);
    const freshMs = await measureHealings(plan.timedHealings, plan, stage);
    await stage.driver.stop();
    await untilArrived(stage.reader, stage.driver.expected());
    const counterRemainder = await countRemainder(stage);
    const { messages, ...stores } = await settle(stage, stage.driver.expected());
    const { gateway_killed: killed, ...others } = kills;
    const timed = Object.values(freshMs).flat().length;
    const hits = Object.values(others).reduce((sum, count) => sum + count, timed);
    return {
      plan: plan.name,
      store: plan.store,
      ...judge(stage.driver.sent, messages),
      kills,
      left_out: leftOutFaults(plan, stage),
      duplicates_bound: IN_HANDS * (killed + stage.gateways.length * hits),
      ...stores,
      counter_remainder: counterRemainder,
      fresh_alert_ms: freshMs,
      seconds: Math.round((performance.now() - started) / 1000),
    };
  } finally {
    for (const close of closers.reverse()) await close();
  }
}
