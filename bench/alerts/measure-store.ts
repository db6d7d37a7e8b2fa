import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Message } from 'kafkajs';
import { cloudEventHeaders } from '../../alerts/cloud-event.ts';
import { createLedger, createThreadedRelay, type Ledger, type Relay, toEvent } from '../../alerts/index.ts';
import { exchange } from '../../test/alerts/records.ts';
import { barePostgres, bareSqlite } from './bare-database.ts';
import { type Pace, paceOf, startPace } from './pace.ts';

/** Of alerts; each is one exchange with one finding. */
export interface StoreFigures {
  readonly bareDatabase: Pace;
  readonly committed: Pace;
  /** Of a backlog, once a quarter of it is relayed: a relay that has been at work for a while. */
  readonly relayed: Pace;
  /** From the first commit until the last alert is struck off, the relay running beside. */
  readonly committedAndRelayed: Pace;
}

/** Where and how many. */
export interface StoreTask {
  readonly alerts: number;
  readonly brokers: readonly string[];
  /** Left out: a file in a folder of its own. */
  readonly databaseUrl?: string;
}

/** Exchanges that end at the same time. */
const IN_FLIGHT = 256;
const CONVERSATIONS = 200;
const SINK = 'kafka';
const POLL_MS = 20;

/** Measures one store, which must be empty. @returns also the messages of its alerts, for a producer by itself */
export async function measureStore(
  task: StoreTask,
): Promise<{ readonly figures: StoreFigures; readonly messages: readonly Message[] }> {
  const dataDir = mkdtempSync(join(tmpdir(), 'telltale-bench-'));
  const { databaseUrl } = task;
  const place = { dataDir, ...(databaseUrl !== undefined && { databaseUrl }) };
  const ledger = await createLedger({ ...place, sinks: [SINK], commitTimeoutMs: 60_000, maxQueued: 4096 });
  try {
    const { alerts } = task;
    const committed = await paceOf(alerts, () => commitAll(ledger, alerts));
    const waiting = await ledger.waiting({ sink: SINK, limit: alerts });
    const messages = waiting.map(({ payload: alert }) => ({
      key: alert.conversationId,
      value: JSON.stringify(toEvent(alert, undefined)),
      headers: cloudEventHeaders(alert, '/telltale'),
    }));
    const bareDatabase =
      databaseUrl === undefined ? await bareSqlite(dataDir) : await barePostgres(databaseUrl);
    return { figures: { committed, bareDatabase, ...(await measureRelay(ledger, task)) }, messages };
  } finally {
    await ledger.close();
    rmSync(dataDir, { recursive: true });
  }
}

let serial = 0;

/** Resolves when all are on disk.
 *  @throws Error when one is not recorded */
async function commitAll(ledger: Ledger, count: number): Promise<void> {
  let left = count;
  const commitOneByOne = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      serial += 1;
      const conversationId = `conversation-${serial % CONVERSATIONS}`;
      const outcome = await ledger.commit(exchange({ exchangeId: crypto.randomUUID(), conversationId }));
      if (outcome.outcome !== 'committed') throw new Error(JSON.stringify(outcome));
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, commitOneByOne));
}

/** Relays what waits, then what is committed meanwhile. */
async function measureRelay(ledger: Ledger, { alerts, brokers }: StoreTask) {
  const kafka = { brokers, topic: `alerts-${crypto.randomUUID()}`, name: SINK };
  const relay = createThreadedRelay({ ledger, lanes: [{ kafka }] });
  relay.start();
  try {
    const first = await untilRelayed(relay, alerts / 4);
    const pace = startPace();
    const relayed = pace((await untilRelayed(relay, alerts)) - first);
    const both = () => Promise.all([commitAll(ledger, alerts), untilRelayed(relay, 2 * alerts)]);
    return { relayed, committedAndRelayed: await paceOf(alerts, both) };
  } finally {
    await relay.stop({ deadlineMs: 10_000 });
  }
}

/** @returns how many were delivered and struck off by now, at least so many */
async function untilRelayed(relay: Relay, count: number): Promise<number> {
  for (;;) {
    const [lane] = await relay.stats();
    if (lane !== undefined && lane.delivered >= count) return lane.delivered;
    await sleep(POLL_MS);
  }
}
