import type { KafkaSasl, KafkaSinkOptions, KafkaTls } from '../../alerts/index.ts';
import type { Config } from '../config/schema.ts';
import { GatewayError } from '../gateway-error.ts';
import { secretOf, textOf } from './secret-of.ts';

/** What is configured of a Kafka sink. */
export type KafkaConfig = Config['kafka'];

/** The sink's options, with certificates read and the password out of its variable.
 *  @throws {GatewayError} START_FAILED */
export function createKafkaOptions(kafka: KafkaConfig, env: NodeJS.ProcessEnv): KafkaSinkOptions {
  const tls = tlsOf(kafka);
  const sasl = saslOf(kafka, env);
  return {
    brokers: kafka.brokers,
    topic: kafka.topic,
    clientId: kafka.client_id,
    canCreateTopic: kafka.create_topic,
    compression: kafka.compression,
    maxMessageBytes: kafka.max_message_bytes,
    ...(tls && { tls }),
    ...(sasl && { sasl }),
  };
}

function tlsOf({ tls }: KafkaConfig): KafkaTls | undefined {
  const { enabled, ca_file: ca, cert_file: cert, key_file: key } = tls;
  if (!enabled && [ca, cert, key].every((file) => file === null)) return undefined;
  if ((cert === null) !== (key === null)) {
    const message = `Kafka's tls.cert_file and tls.key_file come together: ${cert ?? key} stands alone`;
    throw new GatewayError('START_FAILED', message);
  }
  const read = (path: string) => textOf(path, 'Kafka over TLS');
  return {
    ...(ca !== null && { ca: read(ca) }),
    ...(cert !== null && { cert: read(cert) }),
    ...(key !== null && { key: read(key) }),
  };
}

function saslOf({ sasl }: KafkaConfig, env: NodeJS.ProcessEnv): KafkaSasl | undefined {
  const { mechanism, username, password_env: variable } = sasl;
  if (mechanism === 'none') {
    if (username === '' && variable === null) return undefined;
    const message = "Kafka's sasl.username and sasl.password_env need a sasl.mechanism, and it is none";
    throw new GatewayError('START_FAILED', message);
  }
  if (username === '' || variable === null) {
    const message = `Kafka's sasl.mechanism is ${mechanism}: it needs sasl.username and sasl.password_env`;
    throw new GatewayError('START_FAILED', message);
  }
  return { mechanism, username, password: secretOf(env, variable, 'Kafka over SASL') };
}
