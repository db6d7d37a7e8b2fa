import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultyGateway } from './faulty-gateway.ts';
import { lockStore } from './faulty-store.ts';
import type { Stage } from './stage.ts';

/** Kinds of faults, by what they hit; those of one list happen one after the other, the lists side by side. */
export const FAULTS = [
  ['gateway_killed', 'gateway_restarted', 'store_locked', 'disk_filled', 'clock_stepped'],
  ['broker_killed', 'broker_stopped', 'broker_frozen', 'broker_slow', 'connections_cut'],
  ['database_killed'],
] as const;

export type Fault = (typeof FAULTS)[number][number];

/** How often each fault is to happen. */
export interface FaultPlan {
  readonly faults: Readonly<Partial<Record<Fault, number>>>;
  /** No new faults after this; what happened is what the report says. */
  readonly maxSeconds: number;
  /** How long a broker stays stopped. */
  readonly stoppedMs: number;
  readonly onProgress?: (line: string) => void;
}

/** The kinds of a plan that can happen here. */
export function possibleFaults(plan: FaultPlan, stage: Stage): Fault[] {
  const leftOut = leftOutFaults(plan, stage);
  return FAULTS.flat().filter((kind) => (plan.faults[kind] ?? 0) > 0 && leftOut[kind] === undefined);
}

/** The kinds of a plan that cannot happen on this machine, and why. */
export function leftOutFaults({ faults }: FaultPlan, { gateways }: Stage): Partial<Record<Fault, string>> {
  const [noSmallDisk] = gateways.flatMap((gateway) => gateway.noSmallDisk ?? []);
  return (faults.disk_filled ?? 0) > 0 && noSmallDisk !== undefined ? { disk_filled: noSmallDisk } : {};
}

/** Works the lists off, each in random order. @returns how often each fault happened */
export async function inflictAll(plan: FaultPlan, stage: Stage): Promise<Record<Fault, number>> {
  const happened = Object.fromEntries(FAULTS.flat().map((kind) => [kind, 0])) as Record<Fault, number>;
  const possible = possibleFaults(plan, stage);
  const until = performance.now() + plan.maxSeconds * 1000;
  const workOff = async (names: readonly Fault[]): Promise<void> => {
    const kinds = names.filter((name) => possible.includes(name));
    const list = shuffled(kinds.flatMap((name) => Array<Fault>(plan.faults[name] ?? 0).fill(name)));
    for (const [index, fault] of list.entries()) {
      await sleep(100 + Math.random() * 1500);
      if (performance.now() > until) return;
      await inflict(fault, plan, stage);
      happened[fault] += 1;
      plan.onProgress?.(
        `${fault} (${index + 1} of ${list.length}); ${stage.driver.acknowledged()} acknowledged`,
      );
    }
  };
  await Promise.all(FAULTS.map(workOff));
  return happened;
}

/** One fault, from its beginning until it is healed. */
export async function inflict(fault: Fault, { stoppedMs }: FaultPlan, stage: Stage): Promise<void> {
  const { broker, proxy, gateways, server } = stage;
  const some = gateways[Math.floor(Math.random() * gateways.length)] as FaultyGateway;
  const kinds: Record<Fault, () => unknown> = {
    gateway_killed: () => some.kill(),
    async gateway_restarted() {
      for (const gateway of gateways) await gateway.restart();
    },
    store_locked: () => lockStore(some.store, 1000 + Math.random() * 5000),
    async disk_filled() {
      const free = some.fillDisk();
      await sleep(1000 + Math.random() * 4000);
      free();
    },
    async clock_stepped() {
      some.setClock(STEPS_MS[Math.floor(Math.random() * STEPS_MS.length)] ?? 0);
      await sleep(3000);
      some.setClock(0);
    },
    async broker_killed() {
      await broker.kill();
      await broker.restart();
    },
    async broker_stopped() {
      await broker.stop();
      await sleep(stoppedMs);
      await broker.restart();
    },
    async broker_frozen() {
      broker.pause();
      await sleep(Math.random() * 15_000);
      broker.resume();
    },
    async broker_slow() {
      proxy.delay(300);
      await sleep(5000);
      proxy.delay(0);
    },
    connections_cut: () => proxy.cut(),
    async database_killed() {
      await server?.kill();
      await sleep(Math.random() * 3000);
      await server?.restart();
    },
  };
  await kinds[fault]();
}

const HOUR_MS = 3_600_000;
/** Brokers refuse records of more than an hour ahead. */
const STEPS_MS: readonly number[] = [-26 * HOUR_MS, -5000, 5000, 3 * HOUR_MS];

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => [Math.random(), item] as const)
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item);
}
