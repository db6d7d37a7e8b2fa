import { setTimeout as sleep } from 'node:timers/promises';
import { readTopic, type TopicReader } from '../alerts/topic-reader.ts';
import { growth } from './counters.ts';
import type { Sent } from './driver.ts';
import { readStore } from './faulty-store.ts';
import { type Fault, type FaultPlan, inflict, possibleFaults } from './inflict.ts';
import { type Stage, TOPIC } from './stage.ts';

/** In vain is found out in the end: the judgement says what is missing. */
const ARRIVAL_MS = 300_000;
/** Exchanges of each gateway by which its counters are held to account. */
const COUNTED = 10;
const MAX_ROUNDS = 5;
/** Longer than a gauge is old when it is read. */
const GAUGE_AGE_MS = 6_000;

/** Inflicts each kind so often once more by itself. @returns for each, how long after it was healed the alerts of
 *  exchanges took that were sent then, one through each gateway, until the broker had them */
export async function measureHealings(
  times: number,
  plan: FaultPlan,
  stage: Stage,
): Promise<Partial<Record<Fault, (number | null)[]>>> {
  const healings: Partial<Record<Fault, (number | null)[]>> = {};
  for (let time = 0; time < times; time += 1) {
    for (const fault of possibleFaults(plan, stage)) {
      const freshMs = await measureHealing(fault, plan, stage);
      healings[fault] = [...(healings[fault] ?? []), freshMs];
      plan.onProgress?.(`${fault} by itself: a fresh alert was there ${freshMs} ms after it`);
    }
  }
  return healings;
}

async function measureHealing(fault: Fault, plan: FaultPlan, stage: Stage): Promise<number | null> {
  await inflict(fault, plan, stage);
  const healedAt = Date.now();
  const fresh = await Promise.all(stage.gateways.map((_, index) => stage.driver.sendOne(index)));
  const ids = fresh.map(({ exchangeId }) => exchangeId);
  await untilArrived(stage.reader, ids);
  const arrivedAt = lastArrival(stage.reader, ids);
  return arrivedAt === null ? null : arrivedAt - healedAt;
}

/** Null where one did not come. */
function lastArrival({ messages }: TopicReader, exchangeIds: readonly (string | null)[]): number | null {
  const first = (id: string | null) => messages.find(({ headers }) => headers['ce_subject'] === id)?.at;
  const times = exchangeIds.map(first);
  return times.includes(undefined) ? null : Math.max(...times.map(Number));
}

/** Waits until an alert of each exchange is there. */
export async function untilArrived(reader: TopicReader, exchangeIds: readonly (string | null)[]) {
  const isThere = () => {
    const there = new Set(reader.messages.map(({ headers }) => headers['ce_subject'] ?? ''));
    return exchangeIds.every((id) => id !== null && there.has(id));
  };
  await within(ARRIVAL_MS, isThere);
}

/** The counters once nothing waits and nothing more is brought: the gauge of what waits is as of a few seconds ago. */
async function quietCounters<T extends ReadonlyMap<string, number>>(
  readAll: () => Promise<readonly T[]>,
): Promise<readonly T[]> {
  const deadline = performance.now() + ARRIVAL_MS;
  for (;;) {
    const before = await readAll();
    await sleep(GAUGE_AGE_MS);
    const after = await readAll();
    const isQuiet =
      growth([], after)('telltale_outbox_pending_alerts') === 0 &&
      growth(before, after)('telltale_outbox_delivered_alerts_total') === 0;
    if (isQuiet || performance.now() > deadline) return after;
  }
}

/** Messages that came of some exchanges, with those that came twice. */
function broughtOf({ messages }: TopicReader, sent: readonly Sent[]): number {
  const ids = new Set(sent.map(({ exchangeId }) => exchangeId));
  return messages.filter(({ headers }) => ids.has(headers['ce_subject'] ?? null)).length;
}

/** Sends some more through gateways that nothing befalls, and holds their counters against what was sent.
 *  @returns by how much they differ, all together */
export async function countRemainder(stage: Stage): Promise<number> {
  for (let round = 1; ; round += 1) {
    const { sent, remainder } = await countOnce(stage);
    // Of what a busy machine did not get to disk in time nobody knows whether it is there after all.
    if (sent.every(({ isAcknowledged }) => isAcknowledged) || round === MAX_ROUNDS) return remainder;
  }
}

async function countOnce(stage: Stage): Promise<{ sent: readonly Sent[]; remainder: number }> {
  const { gateways, driver, reader } = stage;
  const readAll = () => Promise.all(gateways.map((gateway) => gateway.counters()));
  const before = await quietCounters(readAll);
  const sentBefore = driver.sent.size;
  for (let count = 0; count < COUNTED; count += 1) {
    for (const index of gateways.keys()) await driver.sendOne(index);
  }
  const sent = [...driver.sent.values()].slice(sentBefore);
  const alerts = sent.filter(({ isExpected }) => isExpected).length;
  const differences = async () => {
    const all = await readAll();
    const grown = growth(before, all);
    return [
      grown('telltale_exchanges_total') - sent.length,
      grown('telltale_scanned_segments_total') - sent.length,
      grown('telltale_findings_total') - alerts,
      // At least once: one that came twice was also brought twice.
      grown('telltale_outbox_delivered_alerts_total') - broughtOf(reader, sent),
      grown('telltale_unrecorded_exchanges_total'),
      grown('telltale_unscanned_segments_total') - sent.length,
      growth([], all)('telltale_outbox_pending_alerts'),
    ].reduce((sum, difference) => sum + Math.abs(difference), 0);
  };
  // Gauges are as of a few seconds ago.
  const areAllThere = sent.every(({ isAcknowledged }) => isAcknowledged);
  await within(areAllThere ? ARRIVAL_MS : 0, async () => (await differences()) === 0);
  return { sent, remainder: await differences() };
}

/** Stops the gateways and compares what their stores hold with the topic, as a new reader finds it. */
export async function settle({ broker, gateways, server }: Stage, expected: readonly (string | null)[]) {
  for (const gateway of gateways) await gateway.stop();
  const places = gateways.map(({ store }) => store).slice(0, server === null ? undefined : 1);
  const stores = await Promise.all(places.map(readStore));
  const recorded = new Set(stores.flatMap(({ ids }) => ids));
  const reader = await readTopic(broker.brokers, TOPIC);
  try {
    await untilArrived(reader, expected);
    const rest = () => recorded.symmetricDifference(new Set(reader.ids())).size;
    await within(ARRIVAL_MS, () => rest() === 0);
    const waiting = stores.reduce((total, store) => total + store.waiting, 0);
    return {
      messages: reader.messages,
      remainder: rest() + waiting,
      dead_letters: stores.reduce((total, store) => total + store.dead, 0),
    };
  } finally {
    await reader.close();
  }
}

async function within(ms: number, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + ms;
  while (!(await isTrue()) && performance.now() < deadline) await sleep(50);
}
