import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createLedger, type OutboxDepth } from '../../alerts/index.ts';
import type { ReadableView } from '../../detectors/index.ts';
import { COMMANDS } from '../../gateway/commands/all.ts';
import { subjectId } from '../../gateway/conversation/subject-id.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { exchange } from '../alerts/records.ts';
import { runHere, runTelltale } from './run-telltale.ts';

test('version and help go to standard output with exit code 0', async () => {
  const version = await runTelltale(['version', '--json']);
  assert.equal(version.code, 0);
  assert.equal(JSON.parse(version.stdout).telltale, packageJson.version);
  assert.equal(version.stderr, '');
  const help = await runTelltale(['help']);
  assert.equal(help.code, 0);
  assert.match(help.stdout, /outbox list/);
  const one = await runTelltale(['config', 'check', '--help']);
  assert.match(one.stdout, /TELLTALE_CONFIG/);
});

test('the help of a group of commands is a line for each of them', async () => {
  for (const args of [
    ['help', 'rules'],
    ['rules', '--help'],
    ['rules', '-h'],
  ]) {
    const { code, stdout, stderr } = await runHere(args);
    assert.deepEqual([code, stderr], [0, ''], args.join(' '));
    assert.match(
      stdout,
      /^telltale rules COMMAND \[OPTIONS\]\n\n {2}init +Propose[\s\S]*\n {2}schema +Print/,
    );
    assert.doesNotMatch(stdout, /outbox/);
  }
});

test('the help of a command has all its options in its usage, and its exit codes in the last line', async () => {
  for (const { name, options } of COMMANDS) {
    const { stdout } = await runHere(['help', ...name.split(' ')]);
    const [usage = ''] = stdout.split('\n\n');
    for (const option of Object.keys(options))
      assert.ok(usage.includes(`--${option}`), `${name} --${option}`);
    const usual = '\nExit codes: 0 done, 1 not as asked, 2 the command line is wrong.\n';
    assert.equal(stdout.endsWith(usual), !['rules explain', 'rules diff'].includes(name), name);
  }
  const { stdout } = await runHere(['help', 'rules', 'explain']);
  assert.match(stdout, /\nExit codes: 0 the rule fires, 1 it does not, 2 that cannot be told/);
});

test('the help of score and the reference of rules name every disguise', async () => {
  const disguises: Record<ReadableView['changes'][number], RegExp> = {
    invisible: /invisible/,
    look_alikes: /look-alike letters/,
    encoded: /base64, hexadecimal/,
    spaced: /letters set\s+apart/,
    capitals: /capitals/,
    leet: /digits for letters/,
    cipher: /rot13, backwards/,
  };
  const { stdout: help } = await runHere(['help', 'score']);
  const rules = readFileSync('docs/rules.md', 'utf8').split('## Disguised text')[1]?.split('\n## ')[0] ?? '';
  for (const text of [help, rules]) for (const words of Object.values(disguises)) assert.match(text, words);
});

test('what is mistyped is named with the nearest known word, on standard error, with exit code 2', async () => {
  const table: [args: string[], message: RegExp][] = [
    [[], /no command/],
    [['vesion'], /vesion: unknown command; did you mean version\?/],
    [['config', 'chek'], /config chek: unknown command; did you mean check\?/],
    [['rules'], /rules: a command is missing\n\ntelltale rules COMMAND \[OPTIONS\]\n\n {2}init +Propose/],
    [['version', '--jsno'], /unknown option --jsno; did you mean --json\?/],
    [['version', '--nothing-like-it'], /unknown option --nothing-like-it; known: --json, --help/],
    [['version', 'now'], /unexpected argument now/],
    [['outbox', 'list', '--limit', 'few'], /--limit few/],
    [['help', 'confg check'], /did you mean config check\?/],
  ];
  for (const [args, message] of table) {
    const { code, stdout, stderr } = await runHere(args);
    assert.equal(code, 2, args.join(' '));
    assert.equal(stdout, '', args.join(' '));
    assert.match(stderr, message);
  }
  assert.equal((await runTelltale(['vesion'])).code, 2);
});

test('config check prints the configuration without the secrets that addresses carry', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'telltale-secrets-'));
  const file = join(folder, 'telltale.yaml');
  const hook = 'https://hooks.example/services/T0/B0/planted?sig=planted';
  await writeFile(file, `sinks:\n  - { name: chat, type: webhook, url: "${hook}" }\n`);
  const env = {
    TELLTALE_CONFIG: file,
    UPSTREAM_URL: 'http://user:planted@upstream.example/base?api_key=planted&api-version=3',
    PORT: '9090',
    DATABASE_URL: 'postgres://user:pl@nted-planted@db.example:5432/telltale?password=planted&sslmode=require',
  };
  const { code, stdout } = await runTelltale(['config', 'check', '--json'], env);
  await rm(folder, { recursive: true });
  assert.equal(code, 0);
  const { ok, config } = JSON.parse(stdout);
  assert.ok(ok);
  assert.equal(config.server.port, 9090);
  assert.equal(config.upstream.url, 'http://***@upstream.example/base?api_key=***&api-version=3');
  assert.equal(
    config.store.database_url,
    'postgres://***@db.example:5432/telltale?password=***&sslmode=require',
  );
  assert.equal(config.sinks[0].url, 'https://hooks.example/***');
  assert.doesNotMatch(stdout, /planted/);
});

test('what config check finds wrong with an address tells no secret that it carries', async () => {
  for (const url of [
    'postgrez://user:planted@db.example/telltale',
    'mysql://u:plan@ted-planted@db/t?token=planted',
    'postgres://user:p#planted@db.example',
    'postgres//user:p"planted@db.example/a',
  ]) {
    const { code, stderr } = await runHere(['config', 'check'], { env: { DATABASE_URL: url } });
    assert.equal(code, 1, url);
    assert.match(stderr, /DATABASE_URL: .*must be a postgres:\/\/ URL/);
    assert.doesNotMatch(stderr, /planted/);
  }
  const env = {
    TELLTALE_STORE_DATABASE_UR: 'postgres://user:planted@db.example/telltale',
    TELLTALE_UPSTREAM_KEY_ENV: 'sk-planted',
    TELLTALE_SINKS: '{type: webhook, name: a, url: "https://hooks.example/planted"}',
  };
  const wrong = await runHere(['config', 'check'], { env });
  assert.match(wrong.stderr, /TELLTALE_STORE_DATABASE_UR: no such setting; did you mean/);
  assert.match(wrong.stderr, /upstream\.key_env is not shown: must be the name of an environment variable/);
  assert.doesNotMatch(wrong.stderr, /planted/);
});

test('config check names the variable and the value that is wrong', async () => {
  const { code, stdout, stderr } = await runTelltale(['config', 'check'], { PORT: 'eighty' });
  assert.equal(code, 1);
  assert.equal(stdout, '');
  assert.match(stderr, /PORT.*"eighty"/);
  const json = await runTelltale(['config', 'check', '--json'], { PORT: 'eighty' });
  assert.equal(json.code, 1);
  assert.match(JSON.parse(json.stdout).problems[0], /PORT/);
});

test('outbox list reads the store and says so where there is none', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'telltale-outbox-'));
  const env = { TELLTALE_DATA: folder };
  const missing = await runTelltale(['outbox', 'list'], env);
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /no store at .*telltale\.db/);
  await (await createLedger({ dataDir: folder, sinks: ['file'] })).close();
  const { code, stdout } = await runTelltale(['outbox', 'list', '--json'], env);
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(stdout).sinks, [
    { sink: 'file', depth: 0, oldestQueuedAt: null, dead: 0, waiting: [] },
  ]);
  await rm(folder, { recursive: true });
});

test('outbox list names the sinks of the configuration, and those for which the store still holds alerts', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'telltale-outbox-'));
  const env = { TELLTALE_DATA: folder };
  const ledger = await createLedger({ dataDir: folder, sinks: ['former'] });
  await ledger.commit(exchange());
  await ledger.close();
  const { stdout } = await runHere(['outbox', 'list', '--json'], { env });
  const sinks = JSON.parse(stdout).sinks.map(({ sink, depth }: OutboxDepth & { sink: string }) => [
    sink,
    depth,
  ]);
  assert.deepEqual(sinks, [
    ['file', 0],
    ['former', 1],
  ]);
  const unknown = await runHere(['outbox', 'list', '--sink', 'post'], { env });
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /unknown sink post; known: file, former/);
  await rm(folder, { recursive: true });
});

test('dead letters are listed, tried again and dropped by number, and never all of them by accident', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'telltale-outbox-'));
  const env = { TELLTALE_DATA: folder };
  const ledger = await createLedger({ dataDir: folder, sinks: ['file'] });
  await ledger.commit(exchange({ exchangeId: 'one' }));
  await ledger.commit(exchange({ exchangeId: 'two' }));
  const items = await ledger.take({ sink: 'file', limit: 9, exceptConversations: [] });
  const dead = items.map(({ seq }) => ({ seq, reason: 'the event has 2000000 bytes' }));
  await ledger.settle({ sink: 'file', delivered: [], dead });
  await ledger.close();
  const listed = await runHere(['outbox', 'list', '--dead', '--sink', 'file'], { env });
  assert.match(listed.stdout, /file: 0 waiting; 2 dead/);
  assert.match(listed.stdout, /dead 1 .*one.*the event has 2000000 bytes/);
  assert.equal((await runHere(['outbox', 'drop'], { env })).code, 2);
  assert.equal((await runHere(['outbox', 'retry', 'first'], { env })).code, 2);
  assert.equal((await runHere(['outbox', 'retry', '1'], { env })).stdout, '1 retried, 0 stay dead letters\n');
  assert.equal((await runHere(['outbox', 'drop', '2'], { env })).stdout, '1 dropped\n');
  const after = JSON.parse(
    (await runHere(['outbox', 'list', '--dead', '--json', '--sink', 'file'], { env })).stdout,
  );
  assert.equal(after.sinks[0].waiting[0].alert.exchangeId, 'one');
  assert.deepEqual([after.sinks[0].depth, after.sinks[0].letters], [1, []]);
  await rm(folder, { recursive: true });
});

test('erase removes a person by the name that callers gave, or a conversation, and proves it; no byte of the folder holds the text', async () => {
  for (const way of [
    ['--subject', 'alice@example.org'],
    ['--conversation', 'c-1'],
  ])
    await eraseBy(way);
});

async function eraseBy(way: readonly string[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'telltale-erase-'));
  const env = { TELLTALE_DATA: folder };
  const ledger = await createLedger({ dataDir: folder, sinks: ['file'] });
  await ledger.commit(exchange({ exchangeId: 'theirs', conversationId: 'c-2', segments: [] }));
  await ledger.commit(
    exchange({ exchangeId: 'mine', conversationId: 'c-1', subject: subjectId('alice@example.org') }),
  );
  await ledger.close();
  const text = Buffer.from('I moved the money');
  const holds = () => readdirSync(folder).some((name) => readFileSync(join(folder, name)).includes(text));
  assert.ok(holds());
  assert.equal((await runHere(['erase'], { env })).code, 2);
  const { code, stdout, stderr } = await runHere(['erase', ...way], { env });
  assert.equal(code, 0);
  assert.match(stdout, /1 exchanges\n.*exchange mine\n.*found before: [1-9]\d*, after: 0\n/s);
  assert.equal(stderr, '');
  const again = await runHere(['erase', ...way], { env });
  assert.equal(again.code, 0);
  assert.match(again.stderr, new RegExp(`^telltale: nothing was there of ${way[0]?.slice(2)} ${way[1]}\n$`));
  assert.match(stdout, /not reached:\n.*alerts that a sink has taken.*backups/s);
  assert.doesNotMatch(stdout, /theirs/);
  assert.ok(!holds());
  await rm(folder, { recursive: true });
}

test('start is the gateway: it refuses a broken configuration as npm start does', async () => {
  const { code, stdout, stderr } = await runTelltale(['start'], { PORT: 'eighty' });
  assert.equal(code, 1);
  assert.equal(stdout, '');
  assert.match(stderr, /PORT.*"eighty"/);
});
