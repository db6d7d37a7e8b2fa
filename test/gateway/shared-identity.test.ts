import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { createLedger } from '../../alerts/index.ts';
import { openConversationKey } from '../../gateway/conversation/conversation-key.ts';
import { subjectId } from '../../gateway/conversation/subject-id.ts';
import { createLogger } from '../../gateway/telemetry/index.ts';
import { cleanUp, dataFolder } from '../alerts/cleanup.ts';
import { type PostgresServer, startPostgres } from '../services/postgres.ts';
import { startGateway } from './start-gateway.ts';
import { answerJson, completion, startUpstream } from './test-upstream.ts';

let postgres: PostgresServer;

before(async () => {
  postgres = await startPostgres();
});
after(() => postgres?.close());

const FILE = 'conversation.key';

/** A gateway's start as far as its key goes. */
async function openKey(t: TestContext, place: { databaseUrl?: string; dataDir?: string; key?: Buffer } = {}) {
  const { databaseUrl, dataDir = dataFolder(t), key } = place;
  if (key !== undefined) writeFileSync(join(dataDir, FILE), key);
  const at = { dataDir, ...(databaseUrl === undefined ? {} : { databaseUrl }) };
  const ledger = await createLedger({ ...at, sinks: [], commitTimeoutMs: 120_000, busyTimeoutMs: 120_000 });
  cleanUp(t, () => ledger.close());
  const lines: string[] = [];
  const log = createLogger('debug', { write: (line) => void lines.push(line) });
  const opened = await openConversationKey({ dataDir, databaseUrl: databaseUrl ?? null, ledger, log });
  return { key: opened, dataDir, logged: lines.join('') };
}

test('with a store of its own a gateway makes its key once, for its owner alone', async (t) => {
  const first = await openKey(t);
  assert.equal(first.key.symmetricKeySize, 32);
  assert.equal(statSync(join(first.dataDir, FILE)).mode & 0o777, 0o600);
  const again = await openKey(t, { dataDir: first.dataDir });
  assert.ok(again.key.equals(first.key));
});

test('gateways that start together on one database have one key', async (t) => {
  const databaseUrl = await postgres.createDatabase();
  const opened = await Promise.all([1, 2, 3, 4].map(() => openKey(t, { databaseUrl })));
  for (const { key } of opened) assert.ok(opened[0]?.key.equals(key));
  assert.equal(opened[0]?.key.symmetricKeySize, 32);
});

test('the key that the first gateway has is that of the store, and another one says that its own holds no more', async (t) => {
  const databaseUrl = await postgres.createDatabase();
  const keys = [Buffer.alloc(32, 'first key '), Buffer.alloc(32, 'other key ')] as const;
  const first = await openKey(t, { databaseUrl, key: keys[0] });
  const again = await openKey(t, { databaseUrl, dataDir: first.dataDir });
  const other = await openKey(t, { databaseUrl, key: keys[1] });
  const fresh = await openKey(t, { databaseUrl });
  for (const { key } of [first, again, other, fresh]) assert.deepEqual(key.export(), keys[0]);
  assert.deepEqual([first.logged, again.logged, fresh.logged], ['', '', '']);
  assert.match(other.logged, /key of another gateway/);
  assert.deepEqual(readFileSync(join(other.dataDir, FILE)), keys[1]);
  assert.equal(existsSync(join(fresh.dataDir, FILE)), false);
  for (const key of keys)
    for (const encoding of ['latin1', 'hex', 'base64', 'base64url'] as const)
      assert.equal(other.logged.includes(key.toString(encoding)), false);
});

test('two gateways of one database tell conversations and callers alike, an erasure reaches both, and the key is told nowhere', async (t) => {
  const databaseUrl = await postgres.createDatabase();
  const upstream = await startUpstream(t, (response) => answerJson(response, completion('we deceive')));
  const lines: string[] = [];
  const start = () =>
    startGateway(t, {
      upstream: upstream.url,
      log: createLogger('debug', { write: (line) => void lines.push(line) }),
      config: { store: { database_url: databaseUrl } as object },
      relayDeadlineMs: 120_000,
    });
  const gateways = [await start(), await start()];
  const turns = [
    [{ role: 'user', content: 'hello' }],
    [
      { role: 'user', content: 'hello' },
      { role: 'assistant', content: 'we deceive' },
      { role: 'user', content: 'on' },
    ],
  ];
  const records = [];
  for (const [index, gateway] of gateways.entries()) {
    const headers = { authorization: 'Bearer sk-shared' };
    const response = await gateway.post({ messages: turns[index] }, { headers });
    await response.arrayBuffer();
    records.push(await gateway.recordOf(response));
  }
  const [first, second] = records;
  assert.equal(first?.conversationId, second?.conversationId);
  const callers = records.map(({ findings }) => findings[0]?.finding.caller ?? '');
  assert.match(callers[0] ?? '', /^k-/);
  assert.equal(callers[0], callers[1]);
  const metrics = await Promise.all(gateways.map((gateway) => gateway.metrics()));
  const ledger = await createLedger({
    dataDir: dataFolder(t),
    databaseUrl,
    sinks: [],
    commitTimeoutMs: 120_000,
  });
  cleanUp(t, () => ledger.close());
  const key = Buffer.from(await ledger.sharedKey(Buffer.alloc(32)));
  const { exchangeIds } = await ledger.erase({ by: 'subject', value: subjectId(callers[0] ?? '') });
  assert.equal(exchangeIds.length, 2);
  for (const gateway of gateways) await gateway.stop();
  const files = gateways.flatMap(({ folder }) =>
    readdirSync(join(folder, 'data')).map((name) => readFileSync(join(folder, 'data', name), 'latin1')),
  );
  for (const encoding of ['latin1', 'hex', 'base64', 'base64url'] as const)
    for (const text of [...lines, ...metrics, ...files])
      assert.equal(text.includes(key.toString(encoding)), false);
});
