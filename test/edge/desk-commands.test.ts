import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { createLedger } from '../../alerts/index.ts';
import { exchange } from '../alerts/records.ts';
import { runHere } from './run-telltale.ts';

/** Commands beside the gateway, with what people get wrong. */

async function newFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'telltale-desk-'));
  context.after(() => rm(folder, { recursive: true }));
  return folder;
}

/** A store with one dead letter, number 1, of the sink `file`. */
async function storeWithDead(context: TestContext) {
  const folder = await newFolder(context);
  const ledger = await createLedger({ dataDir: folder, sinks: ['file'] });
  await ledger.commit(exchange());
  const [item] = await ledger.take({ sink: 'file', limit: 1, exceptConversations: [] });
  const dead = [{ seq: item?.seq ?? 0, reason: 'too large' }];
  await ledger.settle({ sink: 'file', delivered: [], dead });
  await ledger.close();
  return { TELLTALE_DATA: folder };
}

/** A store with one exchange among the dead letters that could not be written, and can be now. */
async function storeWithUnwritten(folder: string, text = 'short'): Promise<string> {
  const ledger = await createLedger({ dataDir: folder, sinks: ['file'] });
  const record = exchange();
  const segments = record.segments.map((one) => ({ ...one, text }));
  await ledger.commit({ ...record, segments, status: 'teapot' as unknown as number });
  await ledger.close();
  const database = new DatabaseSync(join(folder, 'telltale.db'));
  database.prepare(`UPDATE dead_letters SET record = replace(record, '"teapot"', '200')`).run();
  database.close();
  return record.exchangeId;
}

test('an exchange that is written after all alerts every sink of the configuration', async (context) => {
  const folder = await newFolder(context);
  const exchangeId = await storeWithUnwritten(folder);
  const config = join(folder, 'telltale.yaml');
  writeFileSync(
    config,
    'sinks: [{type: stdout, name: out}, {type: file, name: archive, path: alerts.jsonl}]',
  );
  const env = { TELLTALE_DATA: folder, TELLTALE_CONFIG: config };
  const { code, stdout } = await runHere(['outbox', 'retry', '--sink', 'store'], { env });
  assert.deepEqual([code, stdout], [0, '1 retried, 0 stay dead letters\n']);
  const listed = JSON.parse((await runHere(['outbox', 'list', '--json'], { env })).stdout);
  const waiting = listed.sinks.map(
    ({ sink, waiting }: { sink: string; waiting: { alert: { exchangeId: string } }[] }) => [
      sink,
      waiting.map(({ alert }) => alert.exchangeId),
    ],
  );
  assert.deepEqual(waiting, [
    ['out', [exchangeId]],
    ['archive', [exchangeId]],
  ]);
});

const DAMAGED = 'not a database, but long enough to be one '.repeat(200);

test('a command leaves a damaged store where it is and says so; the gateway sets it aside, with an alert', async (context) => {
  const folder = await newFolder(context);
  const file = join(folder, 'telltale.db');
  writeFileSync(file, DAMAGED);
  const env = { TELLTALE_DATA: folder };
  for (const args of [
    ['outbox', 'list'],
    ['outbox', 'retry', '--all'],
    ['erase', '--subject', 'kim'],
    ['silence', 'list'],
  ]) {
    const { code, stdout, stderr } = await runHere(args, { env });
    assert.deepEqual([code, stdout], [1, ''], args.join(' '));
    assert.match(stderr, /telltale\.db.*nothing was changed; the gateway sets it aside when it starts/);
  }
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.includes('corrupt')),
    [],
  );
  assert.equal(readFileSync(file, 'utf8'), DAMAGED);
  const ledger = await createLedger({ dataDir: folder, sinks: ['file'] });
  const [raised] = await ledger.take({ sink: 'file', limit: 1, exceptConversations: [] });
  assert.equal(raised?.payload.finding.ruleName, 'store_set_aside');
  await ledger.close();
});

test('an exchange whose texts were too long for a dead letter is listed and written as one without them', async (context) => {
  const folder = await newFolder(context);
  await storeWithUnwritten(folder, 'x'.repeat(1_100_000));
  const env = { TELLTALE_DATA: folder };
  const listed = await runHere(['outbox', 'list', '--dead', '--sink', 'store'], { env });
  assert.match(listed.stdout, /; without its texts \(\d+ characters, more than 1048576\)/);
  const { code, stdout } = await runHere(['outbox', 'retry', '--sink', 'store'], { env });
  assert.deepEqual([code, stdout], [0, '1 retried, 0 stay dead letters\n1 written without their texts\n']);
});

test('dead letters that are not there are an error, whether a number or a sink is wrong', async (context) => {
  const env = await storeWithDead(context);
  for (const way of ['retry', 'drop']) {
    const number = await runHere(['outbox', way, '7'], { env });
    assert.equal(number.code, 1, way);
    assert.match(number.stderr, /1 of the numbers are those of no dead letter/);
    const sink = await runHere(['outbox', way, '--sink', 'flie'], { env });
    assert.equal(sink.code, 2, way);
    assert.match(sink.stderr, /unknown sink flie; known: file, scoring, store/);
    assert.equal((await runHere(['outbox', way, '--sink', 'scoring'], { env })).code, 0, 'nothing is there');
  }
  const twice = await runHere(['outbox', 'drop', '1', '01', '7'], { env });
  assert.deepEqual([twice.code, twice.stdout], [1, '1 dropped\n']);
});

test('what waits for a sink that is gone is dropped by its name; of one that is configured, or without a name, nothing', async (context) => {
  const env = { TELLTALE_DATA: await newFolder(context) };
  const ledger = await createLedger({ dataDir: env.TELLTALE_DATA, sinks: ['former', 'file'] });
  await ledger.commit(exchange());
  await ledger.close();
  const drop = (...args: string[]) => runHere(['outbox', 'drop', '--waiting', ...args], { env });
  assert.match((await drop('--all')).stderr, /--waiting needs --sink NAME/);
  assert.match((await drop('--sink', 'file')).stderr, /take it out of the configuration first/);
  assert.match((await drop('--sink', 'formr')).stderr, /unknown sink formr; known: file, former/);
  assert.equal((await drop('--sink', 'former')).stdout, '1 dropped\n');
  const { stdout } = await runHere(['outbox', 'list', '--json'], { env });
  const left = JSON.parse(stdout).sinks.map(({ sink, depth }: { sink: string; depth: number }) => [
    sink,
    depth,
  ]);
  assert.deepEqual(left, [['file', 1]]);
});

test('exchanges that wait for workers are dropped where scoring is in line again, and where it is not, none', async (context) => {
  const env = { TELLTALE_DATA: await newFolder(context) };
  const ledger = await createLedger({ dataDir: env.TELLTALE_DATA, sinks: ['file'] });
  await ledger.commit(exchange());
  for (const exchangeId of ['one', 'two']) {
    await ledger.unscored.add({ exchangeId, conversationId: 'c', body: '{}' });
  }
  await ledger.close();
  const drop = (more: NodeJS.ProcessEnv) =>
    runHere(['outbox', 'drop', '--waiting', '--sink', 'scoring'], { env: { ...env, ...more } });
  const elsewhere = { TELLTALE_SCORING_WHERE: 'kafka', KAFKA_BROKERS: '127.0.0.1:1' };
  const refused = await drop(elsewhere);
  assert.deepEqual([refused.code, refused.stdout], [2, '']);
  assert.match(refused.stderr, /scoring\.where is kafka, so what waits is handed over/);
  assert.equal((await drop({})).stdout, '2 dropped\n');
  assert.equal((await drop({})).stdout, '0 dropped\n');
  const { stdout } = await runHere(['outbox', 'list', '--json'], { env });
  assert.deepEqual(
    JSON.parse(stdout).sinks.map(({ sink, depth }: { sink: string; depth: number }) => [sink, depth]),
    [['file', 1]],
  );
});

test('numbers and ways that say nothing are refused before the store is opened', async (context) => {
  const env = { TELLTALE_DATA: await newFolder(context) };
  const said = ['--author', 'kim', '--comment', 'load test'];
  for (const [args, message] of [
    [['outbox', 'drop', '1.5'], /1\.5: not a number of a dead letter/],
    [['outbox', 'drop', '9'.repeat(20)], /9: not a number of a dead letter/],
    [['outbox', 'retry', '1', '--all'], /by number, or --sink NAME, or --all/],
    [['erase', '--subject', ''], /--subject is empty/],
    [['erase', '--subject', 'kim', '--exchange', 'x'], /name one of/],
    [['silence', 'add', '--rule', 'r', ...said, '--for', '0s'], /--for 0s: not a duration/],
    [['silence', 'add', '--rule', 'r', ...said, '--until', '2020-01-01T00:00:00Z'], /not a time to come/],
  ] as const) {
    const { code, stderr } = await runHere(args, { env });
    assert.equal(code, 2, args.join(' '));
    assert.match(stderr, message);
  }
});
