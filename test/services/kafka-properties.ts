import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Certificates } from './certificates.ts';

/** A listener beside the plain one. */
export interface KafkaListener {
  readonly name: string;
  readonly protocol: 'PLAINTEXT' | 'SASL_SSL' | 'SSL';
  readonly port: number;
  /** Where clients are sent, if not to the port itself. */
  readonly advertisedPort?: number;
}

/** Users of the secured listeners; their passwords are their names and `-secret`. */
export const PLAIN_USER = 'paula';
export const SCRAM_USER = 'sam';

export interface KafkaLayout {
  readonly folder: string;
  readonly port: number;
  readonly controllerPort: number;
  readonly listeners: readonly KafkaListener[];
  /** Needed where a listener is secured. */
  readonly certificates?: Certificates;
}

/** The settings of one node that is broker and controller, as `server.properties`. */
export function serverProperties(layout: KafkaLayout): string {
  const { folder, port, controllerPort, listeners } = layout;
  const all: KafkaListener[] = [{ name: 'PLAINTEXT', protocol: 'PLAINTEXT', port }, ...listeners];
  const address = (name: string, at: number) => `${name}://127.0.0.1:${at}`;
  const map = all.map(({ name, protocol }) => `${name}:${protocol}`);
  const listening = all.map(({ name, port: own }) => address(name, own));
  return lines({
    'process.roles': 'broker,controller',
    'node.id': 1,
    listeners: [...listening, address('CONTROLLER', controllerPort)].join(','),
    'advertised.listeners': all
      .map(({ name, port: own, advertisedPort }) => address(name, advertisedPort ?? own))
      .join(','),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': ['CONTROLLER:PLAINTEXT', ...map].join(','),
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'log.dirs': join(folder, 'data'),
    'num.partitions': 6,
    'auto.create.topics.enable': false,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    ...(layout.certificates && security(folder, layout.certificates, listeners)),
  });
}

/** Who comes over the plain listener may do all, so that a test can set things up; all others what they are granted. */
function security(folder: string, { ca, server }: Certificates, listeners: readonly KafkaListener[]) {
  const keyStore = join(folder, 'server.pem');
  const trustStore = join(folder, 'authority.pem');
  writeFileSync(keyStore, server.key + server.cert);
  writeFileSync(trustStore, ca);
  const named = listeners.map(({ name, protocol }) => {
    const prefix = `listener.name.${name.toLowerCase()}`;
    return protocol === 'SASL_SSL' ? saslOf(prefix) : { [`${prefix}.ssl.client.auth`]: 'required' };
  });
  return {
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:ANONYMOUS',
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': keyStore,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': trustStore,
    ...Object.assign({}, ...named),
  };
}

const MODULES = 'org.apache.kafka.common.security';

function saslOf(prefix: string): Record<string, string> {
  const scram = `${MODULES}.scram.ScramLoginModule required;`;
  return {
    [`${prefix}.sasl.enabled.mechanisms`]: 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    [`${prefix}.plain.sasl.jaas.config`]: `${MODULES}.plain.PlainLoginModule required user_${PLAIN_USER}="${PLAIN_USER}-secret";`,
    [`${prefix}.scram-sha-256.sasl.jaas.config`]: scram,
    [`${prefix}.scram-sha-512.sasl.jaas.config`]: scram,
  };
}

function lines(settings: Record<string, unknown>): string {
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}
