import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { Partitioners } from 'kafkajs';
import { createLedger } from '../../alerts/index.ts';
import { type Detector, DetectorError, type DetectorErrorCode } from '../../detectors/index.ts';
import { correlationsText } from '../rules/correlation-text.ts';
import { type KafkaBroker, startKafka } from '../services/kafka.ts';
import { type PostgresServer, startPostgres } from '../services/postgres.ts';
import { handOver, unscored } from './hand-over.ts';
import { recordWithin, rule, ruleFile } from './start-gateway.ts';
import { startTestWorker, type TestWorker } from './start-worker.ts';
import { until } from './until.ts';
import { createWordDetector } from './word-detector.ts';

let kafka: KafkaBroker;
let postgres: PostgresServer;

before(async () => {
  [kafka, postgres] = await Promise.all([startKafka(), startPostgres()]);
});
after(() => Promise.all([kafka?.close(), postgres?.close()]));

const RULES = { 'a.yaml': ruleFile([rule({ name: 'said', target: 'output' })]) };

/** A reader whose first scorers fail. */
function failingAtFirst(times: number, code: DetectorErrorCode): Detector {
  const detector = createWordDetector();
  let opened = 0;
  const fail = async (): Promise<never> => {
    throw new DetectorError(code, 'as the test asked');
  };
  return {
    ...detector,
    createScorer(options) {
      opened += 1;
      const scorer = detector.createScorer(options);
      return opened > times ? scorer : { ...scorer, push: fail, end: fail, provisional: fail };
    },
  };
}

const ATTEMPTS: readonly [code: DetectorErrorCode, times: number, status: string, reason: string | null][] = [
  ['TIMEOUT', 2, 'scanned', null],
  ['QUEUE_FULL', 2, 'scanned', null],
  ['TIMEOUT', 3, 'failed', 'timeout'],
  ['QUEUE_FULL', 3, 'failed', 'queue_full'],
];

for (const [code, times, status, reason] of ATTEMPTS) {
  test(`a scan that fails ${times} times with ${code} is recorded as ${status}`, async (context) => {
    const place = { brokers: kafka.brokers, topic: `failing-${code.toLowerCase()}-${times}` };
    const worker = await startTestWorker(context, {
      ...place,
      rules: RULES,
      detector: failingAtFirst(times, code),
    });
    await handOver(place, [unscored('only', 'c')]);
    const { coverage, findings } = await recordWithin(worker, 'only');
    assert.deepEqual(
      coverage.map((entry) => [entry.status, entry.reason]),
      [[status, reason]],
    );
    assert.equal(findings.length, status === 'scanned' ? 1 : 0);
  });
}

test('a reload refuses rules that would enforce, and the old ones stay', async (context) => {
  const place = { brokers: kafka.brokers, topic: 'reloaded' };
  const worker = await startTestWorker(context, { ...place, rules: RULES });
  const rewrite = async (...rules: Parameters<typeof rule>[0][]): Promise<void> => {
    writeFileSync(join(worker.rulesFolder, 'a.yaml'), ruleFile(rules.map((one) => rule(one))));
    await worker.reloadRules();
  };
  const namesIn = async (id: string) => {
    await handOver(place, [unscored(id, 'c')]);
    return (await recordWithin(worker, id)).findings.map(({ finding: { ruleName } }) => ruleName);
  };
  await rewrite({ name: 'stops', target: 'output', mode: 'enforce' });
  await until(async () => /rule_reloads_total\{[^}]*refused[^}]*\} [1-9]/.test(await worker.metrics()));
  assert.deepEqual(await namesIn('refused'), ['said']);
  await rewrite({ name: 'tells', target: 'output' });
  await until(async () => /rule_reloads_total\{[^}]*loaded[^}]*\} [1-9]/.test(await worker.metrics()));
  assert.deepEqual(await namesIn('taken'), ['tells']);
});

const OFTEN = correlationsText({ name: 'often', rules: '[said]', timespan: '1h', condition: '{gte: 3}' });

const PARTITIONS = 4;
const CONVERSATIONS = Array.from({ length: 16 }, (_, index) => `c-${index}`);

/** Where the messages of a conversation are. */
function partitionOf(topic: string, key: string): number {
  const partitionMetadata = Array.from({ length: PARTITIONS }, (_, partitionId) => ({
    partitionId,
    partitionErrorCode: 0,
    leader: 1,
    replicas: [1],
    isr: [1],
  }));
  return Partitioners.DefaultPartitioner()({ topic, partitionMetadata, message: { key, value: '' } });
}

/** Exchanges that a worker says it has scored. */
async function scoredBy(worker: TestWorker): Promise<number> {
  const metrics = await worker.metrics();
  return Number(/telltale_worker_exchanges_total\{outcome="scored"\} (\d+)/.exec(metrics)?.[1] ?? 0);
}

interface Moved {
  readonly workers: readonly [TestWorker, TestWorker];
  /** Conversations whose partition stayed with the first worker, and those that went to the second. */
  readonly stayed: readonly string[];
  readonly moved: readonly string[];
  /** Conversations whose third exchange brought the alert, and whose fifth did. */
  readonly third: readonly string[];
  readonly fifth: readonly string[];
  readonly played: number;
}

/** Two rounds of every conversation to one worker, and three more to two.
 *  @returns null where the partitions were dealt out again in the middle, as they are after half a minute in which the
 *  machine stood still: then who counts what is another matter */
async function playMoved(context: TestContext, topic: string): Promise<Moved | null> {
  const place = { brokers: kafka.brokers, topic };
  const databaseUrl = await postgres.createDatabase();
  const dataDir = mkdtempSync(join(tmpdir(), 'telltale-moving-'));
  const ledger = await createLedger({ dataDir, databaseUrl, sinks: [], commitTimeoutMs: 60_000 });
  context.after(async () => {
    await ledger.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  const options = { ...place, rules: { ...RULES, 'b.yaml': OFTEN }, databaseUrl };
  let played = 0;
  /** @returns the conversations whose exchange of this round brought the alert */
  const play = async (): Promise<string[]> => {
    const ids = new Map(CONVERSATIONS.map((name) => [name, `${name}-${played / CONVERSATIONS.length + 1}`]));
    played += CONVERSATIONS.length;
    await handOver(
      place,
      [...ids].map(([conversation, id]) => unscored(id, conversation)),
    );
    await until(async () => (await ledger.counts()).exchanges === played);
    const found: string[] = [];
    for (const [conversation, id] of ids) {
      const record = await ledger.readExchange(id);
      if (record?.findings.some(({ finding }) => finding.ruleName === 'often')) found.push(conversation);
    }
    return found;
  };
  const one = await startTestWorker(context, options);
  for (let round = 1; round <= 2; round += 1) assert.deepEqual(await play(), []);
  const two = await startTestWorker(context, options);
  await until(() => one.group().partitions.length === 2 && two.group().partitions.length === 2);
  const isWith = (worker: TestWorker) => (conversation: string) =>
    worker.group().partitions.includes(partitionOf(topic, conversation));
  const [stayed, moved] = [CONVERSATIONS.filter(isWith(one)), CONVERSATIONS.filter(isWith(two))];
  const dealings = () => one.group().joins + two.group().joins;
  const dealt = dealings();
  const [third, , fifth] = [await play(), await play(), await play()];
  if (dealings() !== dealt) return null;
  return { workers: [one, two], stayed, moved, third, fifth, played };
}

const TRIALS = 3;

test('counts by conversation hold where its partition stays, begin anew where it moves, and none is counted twice', async (context) => {
  let result: Moved | null = null;
  for (let trial = 1; result === null && trial <= TRIALS; trial += 1) {
    result = await playMoved(context, `moving-${trial}`);
  }
  assert.ok(result !== null, `the partitions were dealt out again in the middle of each of ${TRIALS} trials`);
  const { workers, stayed, moved, third, fifth, played } = result;
  assert.ok(stayed.length > 0 && moved.length > 0 && stayed.length + moved.length === CONVERSATIONS.length);
  assert.deepEqual(third, stayed, 'the third of what stayed');
  assert.deepEqual(
    fifth.filter((conversation) => moved.includes(conversation)),
    moved,
    'the third since the others moved',
  );
  await until(async () => {
    const [one, two] = await Promise.all(workers.map(scoredBy));
    return (one ?? 0) + (two ?? 0) === played;
  });
});
