/** The thread that relays to Kafka: it reads the outbox, makes events of alerts and drives the producers. What is
 *  delivered the other thread is asked to strike off. */

import { parentPort, workerData } from 'node:worker_threads';
import { createLanes } from '../relay.ts';
import { createRoutedSink } from '../routing/routed-sink.ts';
import { createSilenceBook, type Silence } from '../routing/silences.ts';
import { createKafkaSink } from '../sinks/kafka.ts';
import { createThreadLink } from '../thread-link.ts';
import type { Settlement } from '../types.ts';
import { createOutboxReader } from './outbox-reader.ts';
import { type RelayThreadData, WOKEN } from './thread-data.ts';

const { place, owner, lanes, settings, askTimeoutMs } = workerData as RelayThreadData;
let silences: readonly Silence[] = [];
let wake = (): void => {};

const book = createSilenceBook(() => silences);
const sinks = lanes.map(({ kafka, routing }) =>
  createRoutedSink(createKafkaSink(kafka), { ...routing, silences: book }),
);
const reader = await createOutboxReader({ place, owner, onFailure: (task) => link.tell('failed', task) });
const relay = createLanes({
  ...settings,
  sinks,
  outbox: {
    take: reader.take,
    async settle(settlement: Settlement) {
      await link.ask('settle', settlement);
      // When they are counted here.
      setImmediate(() => link.tell('counted', relay.counts()));
    },
    onCommitted(listener) {
      wake = () => listener(WOKEN);
      return () => {
        wake = () => {};
      };
    },
  },
  onSilenced: (ids) => link.tell('silenced', ids),
});
const link = createThreadLink({
  port: parentPort as NonNullable<typeof parentPort>,
  timeoutMs: askTimeoutMs,
  answers: {
    wake: () => wake(),
    silence: (now: readonly Silence[]) => {
      silences = now;
    },
    counts: relay.counts,
    async stop(deadlineMs: number) {
      await started;
      await relay.stop({ deadlineMs });
      await Promise.all(sinks.map((sink) => sink.close()));
      await reader.close();
      return relay.counts();
    },
  },
});
// Asked for when this thread listens: what changes after the answer is told.
const started = link.ask('silences', undefined).then((now) => {
  silences = now as readonly Silence[];
  relay.start();
});
await started;
