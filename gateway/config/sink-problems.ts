import { resolve } from 'node:path';
import { SCORING_SINK, STORE_SINK } from '../../alerts/index.ts';
import type { Look } from './contradiction.ts';
import type { Config } from './schema.ts';

/** Names under which something else stands. */
const RESERVED: ReadonlyMap<string, string> = new Map([
  ['kafka', 'must not be named kafka, as the one that environment variables set up is'],
  [SCORING_SINK, `must not be named ${SCORING_SINK}: under that name stand exchanges that wait to be scored`],
  [
    STORE_SINK,
    `must not be named ${STORE_SINK}: under that name stand exchanges that the store could not write`,
  ],
]);

/** Sinks that would be taken for one another, and text of exchanges where alerts are read. */
export function sinkProblems(config: Config): Look[] {
  const { sinks } = config;
  return [
    ...sinks.flatMap((sink, index): Look[] => {
      const earlier = sinks.slice(0, index);
      const namesake = earlier.findIndex(({ name }) => name === sink.name);
      const sharer = earlier.findIndex((other) => isSameFile(other, sink));
      const reserved = RESERVED.get(sink.name);
      const path = ['sinks', index, 'name'];
      return [
        reserved !== undefined && { path, message: reserved },
        namesake !== -1 && {
          path,
          message: 'another sink has this name',
          beside: ['sinks', namesake, 'name'],
        },
        sharer !== -1 && {
          path: ['sinks', index, 'path'],
          message: 'another sink writes to this file',
          beside: ['sinks', sharer, 'path'],
        },
      ];
    }),
    ...topicProblems(config),
  ];
}

/** Topics of alerts to which exchanges would go. */
function topicProblems({ sinks, kafka, scoring }: Config): Look[] {
  if (scoring.where !== 'kafka') return [];
  const brokers = scoring.brokers.length > 0 ? scoring.brokers : kafka.brokers;
  const alertTopics = [
    { path: ['kafka', 'topic'], ...kafka },
    ...sinks.flatMap((sink, index) =>
      sink.type === 'kafka' ? [{ path: ['sinks', index, 'topic'], ...sink }] : [],
    ),
  ];
  return alertTopics.map(
    ({ path, topic, brokers: others }) =>
      topic === scoring.topic &&
      brokers.some((broker) => others.includes(broker)) && {
        path: ['scoring', 'topic'],
        message: 'exchanges go there with their text, and alerts need a topic of their own',
        beside: path,
      },
  );
}

type Sink = Config['sinks'][number];

function isSameFile(a: Sink, b: Sink): boolean {
  return a.type === 'file' && b.type === 'file' && resolve(a.path) === resolve(b.path);
}
