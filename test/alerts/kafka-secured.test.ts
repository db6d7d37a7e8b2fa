import assert from 'node:assert/strict';
import { after, before, type TestContext, test } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import kafkajs from 'kafkajs';
import {
  alertsOf,
  createKafkaSink,
  createLedger,
  createRelay,
  type KafkaSinkOptions,
} from '../../alerts/index.ts';
import { createCertificate } from '../gateway/certificate.ts';
import { type KafkaBroker, type SecuredListeners, startKafka } from '../services/kafka.ts';
import { kafkaClient } from '../services/kafka-client.ts';
import { PLAIN_USER, SCRAM_USER } from '../services/kafka-properties.ts';
import { cleanUp, dataFolder } from './cleanup.ts';
import { exchange } from './records.ts';
import { until } from './sinks.ts';
import { readTopic } from './topic-reader.ts';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

let kafka: KafkaBroker;
let secured: SecuredListeners;

before(async () => {
  kafka = await startKafka({ isSecured: true });
  assert.ok(kafka.secured);
  secured = kafka.secured;
  for (const user of [PLAIN_USER, SCRAM_USER, 'CN=telltale']) await grant(user, 'allowed', 'PREFIXED');
});
after(() => kafka?.close());

/** Lets a user write to, describe and make topics of that name or beginning. */
async function grant(user: string, resourceName: string, pattern: 'PREFIXED' | 'LITERAL'): Promise<void> {
  const admin = kafkaClient(kafka.brokers).admin();
  await admin.connect();
  const { WRITE, DESCRIBE, CREATE } = AclOperationTypes;
  await admin.createAcls({
    acl: [WRITE, DESCRIBE, CREATE].map((operation) => ({
      resourceType: AclResourceTypes.TOPIC,
      resourceName,
      resourcePatternType: ResourcePatternTypes[pattern],
      principal: `User:${user}`,
      host: '*',
      operation,
      permissionType: AclPermissionTypes.ALLOW,
    })),
  });
  await admin.disconnect();
}

const passwordOf = (username: string) => ({ username, password: `${username}-secret` });

/** Delivers one alert until the sink has an outcome that is final. */
async function deliver(t: TestContext, options: KafkaSinkOptions) {
  const sink = createKafkaSink(options);
  cleanUp(t, () => sink.close());
  const alerts = alertsOf(exchange());
  const outcomes = await sink.deliver(alerts, AbortSignal.timeout(120_000));
  return { id: alerts[0]?.id, outcome: outcomes[0] };
}

const WAYS = [
  ['SASL PLAIN', 'sasl', { mechanism: 'plain', ...passwordOf(PLAIN_USER) }],
  ['SASL SCRAM-SHA-256', 'sasl', { mechanism: 'scram-sha-256', ...passwordOf(SCRAM_USER) }],
  ['SASL SCRAM-SHA-512', 'sasl', { mechanism: 'scram-sha-512', ...passwordOf(SCRAM_USER) }],
  ['a certificate of its own', 'mutualTls', undefined],
] as const;

for (const [way, listener, sasl] of WAYS) {
  test(`over TLS with ${way} a sink makes its topic and an alert arrives`, async (t) => {
    const topic = `allowed-${listener}-${sasl?.mechanism ?? 'certificate'}`;
    const { ca, client } = secured.certificates;
    const tls = sasl === undefined ? { ca, ...client } : { ca };
    const where = { brokers: [secured[listener]], topic, tls, ...(sasl && { sasl }) };
    const { id, outcome } = await deliver(t, where);
    assert.deepEqual(outcome, { outcome: 'delivered' });
    const reader = await readTopic(kafka.brokers, topic);
    cleanUp(t, () => reader.close());
    await reader.untilIds(1);
    assert.deepEqual(reader.ids(), [id]);
  });
}

test('authorities of its own add to the usual ones, so that a broker that one of those vouches for is reached too', async (t) => {
  const usual = getCACertificates('default');
  setDefaultCACertificates([...usual, secured.certificates.ca]);
  cleanUp(t, () => setDefaultCACertificates(usual));
  const { outcome } = await deliver(t, {
    brokers: [secured.sasl],
    tls: { ca: createCertificate().cert },
    sasl: { mechanism: 'plain', ...passwordOf(PLAIN_USER) },
    topic: 'allowed-usual',
  });
  assert.deepEqual(outcome, { outcome: 'delivered' });
});

const REFUSALS = [
  [
    'a wrong password',
    { sasl: { mechanism: 'plain', username: PLAIN_USER, password: 'wrong' } },
    /credentials|authentication/i,
  ],
  ['an authority that is not trusted', { tls: {} }, /certificate|issuer/i],
  [
    'an authority that is not trusted beside one that is',
    { tls: { ca: createCertificate().cert } },
    /certificate|issuer/i,
  ],
] as const;

for (const [what, change, reason] of REFUSALS) {
  test(`${what} is told, and the alert waits: both can be mended outside`, async (t) => {
    const { outcome } = await deliver(t, {
      brokers: [secured.sasl],
      tls: { ca: secured.certificates.ca },
      sasl: { mechanism: 'plain', ...passwordOf(PLAIN_USER) },
      topic: 'allowed-refused',
      ...change,
    });
    assert.equal(outcome?.outcome, 'retry');
    assert.match(outcome?.outcome === 'retry' ? outcome.reason : '', reason);
  });
}

test('a missing permission ends all alerts as dead letters with its reason, without an attempt for each', async (t) => {
  const sink = createKafkaSink({
    brokers: [secured.sasl],
    tls: { ca: secured.certificates.ca },
    sasl: { mechanism: 'scram-sha-256', ...passwordOf(SCRAM_USER) },
    topic: 'forbidden',
  });
  const ledger = await createLedger({ dataDir: dataFolder(t), sinks: ['kafka'] });
  const relay = createRelay({ outbox: ledger, sinks: [sink], backoff: { initialMs: 1, maxMs: 5 } });
  cleanUp(t, async () => {
    await relay.stop({ deadlineMs: 1000 });
    await sink.close();
    await ledger.close();
  });
  const records = Array.from({ length: 50 }, (_, index) => exchange({ conversationId: `c${index}` }));
  await Promise.all(records.map(ledger.commit));
  relay.start();
  await until(async () => (await ledger.depth('kafka')).depth === 0, 'nothing waits');
  const [stats] = await relay.stats();
  assert.equal(stats?.dead, 50);
  // One attempt, or a few more where the broker was slow to be reached.
  assert.ok((stats?.attempts ?? 0) <= 5, `${stats?.attempts} attempts, no storm`);
  assert.match(stats?.lastError ?? '', /Not authorized/);
});

for (const compression of ['gzip', 'zstd'] as const) {
  test(`records compressed with ${compression} are read by another client`, async (t) => {
    const topic = `compressed-${compression}`;
    const { id, outcome } = await deliver(t, { brokers: kafka.brokers, topic, compression });
    assert.deepEqual(outcome, { outcome: 'delivered' });
    const reader = await readTopic(kafka.brokers, topic);
    cleanUp(t, () => reader.close());
    await reader.untilIds(1);
    assert.deepEqual(reader.ids(), [id]);
  });
}
