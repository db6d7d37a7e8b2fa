import { join, resolve } from 'node:path';
import {
  createFileSink,
  createRoutedSink,
  createStdoutSink,
  createWebhookSink,
  type KafkaLane,
  type Matchers,
  type Routing,
  type SilenceBook,
  type Sink,
} from '../../alerts/index.ts';
import type { Config } from '../config/schema.ts';
import type { SinkConfig } from '../config/sinks-schema.ts';
import { createKafkaOptions, type KafkaConfig } from './kafka-options.ts';
import { secretOf, textOf } from './secret-of.ts';

/** What the sinks are made with. */
export interface SinksStart {
  readonly config: Pick<Config, 'kafka' | 'sinks' | 'data'>;
  readonly env: NodeJS.ProcessEnv;
  readonly reviewUrl: string;
  readonly silences: SilenceBook;
}

/** The names of all sinks of a configuration: each gets every alert's row in the outbox. */
export function sinkNames({ kafka, sinks }: Pick<Config, 'kafka' | 'sinks'>): string[] {
  const names = [...(kafka.brokers.length > 0 ? ['kafka'] : []), ...sinks.map(({ name }) => name)];
  return names.length > 0 ? names : ['file'];
}

/** Where alerts are written when no sink is named. */
export function alertsFile(data: string): string {
  return join(resolve(data), 'alerts.jsonl');
}

/** All sinks, each behind its route, the silences, its groups and its rate. */
export interface CreatedSinks {
  /** Those of this thread. */
  readonly sinks: readonly Sink[];
  /** Those that relay from a thread of their own. */
  readonly lanes: readonly KafkaLane[];
}

/** @throws {GatewayError} START_FAILED where a secret or a certificate is missing */
export function createSinks(start: SinksStart): CreatedSinks {
  const { kafka, sinks, data } = start.config;
  const { silences, reviewUrl } = start;
  const isAlone = kafka.brokers.length === 0 && sinks.length === 0;
  const file = () => createRoutedSink(createFileSink({ path: alertsFile(data), reviewUrl }), { silences });
  const first = kafka.brokers.length > 0 ? [{ kafka: { ...kafkaOptions(kafka, start), name: 'kafka' } }] : [];
  const lanes = sinks.flatMap((sink) => (sink.type === 'kafka' ? laneOf(sink, start) : []));
  const routed = sinks.flatMap((sink) =>
    sink.type === 'kafka' ? [] : createRoutedSink(createSink(sink, start), { ...routingOf(sink), silences }),
  );
  return { sinks: isAlone ? [file()] : routed, lanes: [...first, ...lanes] };
}

/** In words for the banner: where alerts go. */
export function describeSinks({ kafka, sinks, data }: Pick<Config, 'kafka' | 'sinks' | 'data'>): string {
  const places = [
    ...(kafka.brokers.length > 0 ? [`Kafka ${kafka.brokers.join(', ')}, topic ${kafka.topic}`] : []),
    ...sinks.map(({ name, type }) => `${name} (${type})`),
  ];
  return places.length > 0 ? places.join('; ') : alertsFile(data);
}

type KafkaSinkConfig = SinkConfig & { readonly type: 'kafka' };

function laneOf(sink: KafkaSinkConfig, start: SinksStart): KafkaLane {
  return { kafka: { ...kafkaOptions(sink, start), name: sink.name }, routing: routingOf(sink) };
}

function createSink(sink: Exclude<SinkConfig, KafkaSinkConfig>, start: SinksStart): Sink {
  const { reviewUrl } = start;
  const { name } = sink;
  if (sink.type === 'stdout') return createStdoutSink({ name, reviewUrl });
  if (sink.type === 'webhook') return createWebhookSink(webhookOptions(sink, start));
  const { path, max_bytes: maxBytes, keep } = sink;
  return createFileSink({
    name,
    path,
    reviewUrl,
    ...(maxBytes !== null && { rotation: { maxBytes, keep } }),
  });
}

function kafkaOptions(kafka: KafkaConfig, { env, reviewUrl }: SinksStart) {
  return { ...createKafkaOptions(kafka, env), reviewUrl };
}

function webhookOptions(sink: SinkConfig & { type: 'webhook' }, { env, reviewUrl }: SinksStart) {
  const {
    name,
    url,
    timeout_ms: timeoutMs,
    concurrency,
    authorization_env: authorization,
    ca_file: ca,
  } = sink;
  const secrets = sink.secret_envs.map((variable) => secretOf(env, variable, `sink ${name}`));
  const headers =
    authorization === null ? {} : { authorization: secretOf(env, authorization, `sink ${name}`) };
  const trusted = ca === null ? {} : { ca: textOf(ca, `sink ${name}`) };
  return { name, url, timeoutMs, concurrency, secrets, headers, reviewUrl, ...trusted };
}

function routingOf({
  route,
  group,
  rate_limit: limit,
  never_hold: neverHeld,
}: SinkConfig): Omit<Routing, 'silences'> {
  return {
    neverHeld,
    ...(route && { route: route as Matchers }),
    ...(group && { group: { by: group.by, waitMs: group.wait_ms } }),
    ...(limit && { rateLimit: { alerts: limit.alerts, perMs: limit.per_ms } }),
  };
}
