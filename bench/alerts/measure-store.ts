import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Message } from 'kafkajs';
import { cloudEventHeaders } from '../../alerts/cloud-event.ts';
import { createKafkaSink, createLedger, createRelay, type Ledger, toEvent } from '../../alerts/index.ts';
import { exchange } from '../../test/alerts/records.ts';
import { barePostgres, bareSqlite } from './bare-database.ts';
import { perSecond } from './per-second.ts';

/** Alerts a second; each is one exchange with one finding. */
export interface StoreFigures {
  readonly bareDatabase: number;
  readonly committed: number;
  readonly relayed: number;
  /** From the first commit to the last alert's acknowledgement, the relay running beside. */
  readonly committedAndRelayed: number;
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
    const committed = await perSecond(task.alerts, () => commitAll(ledger, task.alerts));
    const waiting = await ledger.waiting({ sink: SINK, limit: task.alerts });
    const messages = waiting.map(({ payload: alert }) => ({
      key: alert.conversationId,
      value: JSON.stringify(toEvent(alert, undefined)),
      headers: cloudEventHeaders(alert, '/telltale'),
    }));
    const bareDatabase =
      databaseUrl === undefined ? await bareSqlite(dataDir) : await barePostgres(databaseUrl);
    const relayed = await perSecond(task.alerts, () => relayAll(ledger, task));
    const committedAndRelayed = await perSecond(task.alerts, () =>
      relayAll(ledger, task, commitAll(ledger, task.alerts)),
    );
    return { figures: { bareDatabase, committed, relayed, committedAndRelayed }, messages };
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

/** Relays until nothing waits, and nothing more comes. */
async function relayAll(
  ledger: Ledger,
  { alerts, brokers }: StoreTask,
  coming?: Promise<void>,
): Promise<void> {
  const sink = createKafkaSink({ brokers, topic: `alerts-${crypto.randomUUID()}`, name: SINK });
  const relay = createRelay({ outbox: ledger, sinks: [sink] });
  relay.start();
  try {
    await coming;
    for (;;) {
      const [lane] = await relay.stats();
      if (lane?.depth === 0) {
        if (lane.delivered !== alerts) throw new Error(`${lane.delivered} of ${alerts} were delivered`);
        return;
      }
      await sleep(POLL_MS);
    }
  } finally {
    await relay.stop({ deadlineMs: 10_000 });
    await sink.close();
  }
}
