import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, type TestContext, test } from 'node:test';
import { parse } from 'yaml';
import { type CloudEvent, createSilenceBook, type DetectionFinding } from '../../alerts/index.ts';
import { loadConfig } from '../../gateway/config/load-config.ts';
import { configSchema } from '../../gateway/config/schema.ts';
import { createSinks, describeSinks, sinkNames } from '../../gateway/sinks/create-sinks.ts';
import { runHere } from '../edge/run-telltale.ts';
import { startGateway } from './start-gateway.ts';
import { startUpstream } from './test-upstream.ts';
import { until } from './until.ts';

/** There until all tests have ended: gateways write into it until they have stopped. */
const folder = mkdtempSync(join(tmpdir(), 'telltale-sinks-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const newFolder = () => mkdtempSync(join(folder, 'of-'));

async function startHook(context: TestContext) {
  const events: CloudEvent[] = [];
  const signatures: unknown[] = [];
  const server = createServer(async (request, response) => {
    events.push(JSON.parse(await text(request)));
    signatures.push(request.headers['webhook-signature']);
    response.writeHead(204).end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  context.after(() => server.close());
  return { events, signatures, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

const linesOf = (path: string): DetectionFinding[] => {
  try {
    return readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  } catch {
    return [];
  }
};

test('alerts go to every sink whose route they fit: by tenant to a webhook, all to a file; a silence holds for both', async (context) => {
  process.env['TELLTALE_TEST_SECRET'] = 'secret';
  const hook = await startHook(context);
  const path = join(newFolder(), 'archive.jsonl');
  const upstream = await startUpstream(context, (response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ choices: [{ message: { role: 'assistant', content: 'I deceive you' } }] }));
  });
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    config: {
      sinks: [
        {
          type: 'webhook',
          name: 'sales',
          url: hook.url,
          secret_envs: ['TELLTALE_TEST_SECRET'],
          route: { tenants: ['sales'] },
        },
        { type: 'file', name: 'archive', path },
      ],
      silences: [
        {
          matchers: { tenants: ['loadtest'] },
          author: 'kim',
          comment: 'load',
          ends_at: '2100-01-01T00:00:00Z',
        },
      ],
    } as never,
  });
  const ask = (tenant: string) =>
    gateway.post(
      { model: 'm', messages: [{ role: 'user', content: 'hello' }] },
      { headers: { 'content-type': 'application/json', 'x-telltale-tenant': tenant } },
    );
  for (const tenant of ['research', 'sales', 'loadtest']) await (await ask(tenant)).text();
  const idle = async () => (await gateway.metrics()).match(/pending_alerts\{sink="\w+"\} 0/g)?.length === 2;
  await until(() => linesOf(path).length >= 2 && hook.events.length >= 1);
  await until(idle);
  assert.deepEqual(
    linesOf(path).map(({ unmapped }) => unmapped.tenant),
    ['research', 'sales'],
  );
  assert.deepEqual(
    hook.events.map(({ data }) => data.unmapped.tenant),
    ['sales'],
  );
  assert.match(String(hook.signatures[0]), /^v1,/);
  assert.equal((await gateway.ledger.listFlagged()).length, 3, 'a muted alert is recorded');
});

test('what a sink needs and does not find is named at the start', () => {
  const sinksOf = (sinks: unknown, env = {}) =>
    createSinks({
      config: configSchema.parse({ sinks }),
      env,
      reviewUrl: '',
      silences: createSilenceBook(() => []),
    });
  const hook = { type: 'webhook', name: 'soc', url: 'https://soc.example/', secret_envs: ['SOC_SECRET'] };
  assert.throws(
    () => sinksOf([hook]),
    /sink soc needs the environment variable SOC_SECRET, which is not set/,
  );
  assert.equal(sinksOf([hook], { SOC_SECRET: 'x' }).sinks.length, 1);
  const kafka = { type: 'kafka', name: 'siem', brokers: ['a:1'] };
  assert.throws(
    () => sinksOf([{ ...kafka, tls: { ca_file: '/nowhere/ca.pem' } }]),
    /cannot read \/nowhere\/ca.pem/,
  );
  assert.throws(
    () => sinksOf([{ ...kafka, sasl: { mechanism: 'plain', username: 'u' } }]),
    /sasl\.password_env/,
  );
  assert.throws(() => sinksOf([{ ...kafka, sasl: { username: 'u' } }]), /need a sasl\.mechanism/);
  assert.throws(() => sinksOf([{ ...kafka, tls: { key_file: 'k' } }]), /k stands alone/);
});

test('the example of docs/sinks.md is a configuration', () => {
  const text = readFileSync(join(import.meta.dirname, '../../docs/sinks.md'), 'utf8');
  const config = configSchema.parse(parse(/```yaml\n(.*?)```/s.exec(text)?.[1] ?? ''));
  assert.deepEqual(sinkNames(config), ['kafka', 'soc', 'archive', 'out']);
  assert.equal(config.silences.length, 1);
});

test('sinks have names of their own, and the banner says where alerts go', () => {
  const read = (config: unknown) => configSchema.parse(config);
  assert.deepEqual(sinkNames(read({})), ['file']);
  const two = read({ kafka: { brokers: ['a:1'] }, sinks: [{ type: 'stdout', name: 'out' }] });
  assert.deepEqual(sinkNames(two), ['kafka', 'out']);
  assert.equal(describeSinks(two), 'Kafka a:1, topic telltale.alerts; out (stdout)');
  for (const name of ['kafka', 'scoring', 'store']) {
    const variables = { TELLTALE_SINKS: JSON.stringify([{ type: 'stdout', name }]) };
    assert.throws(
      () => loadConfig(variables),
      new RegExp(`TELLTALE_SINKS: sinks\\.0\\.name is "${name}": must not be named ${name}`),
    );
  }
});

test('a silence that is added holds in a running gateway, counts, and ends when it is told to', async (context) => {
  const path = join(newFolder(), 'alerts.jsonl');
  const upstream = await startUpstream(context, (response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ choices: [{ message: { role: 'assistant', content: 'I deceive you' } }] }));
  });
  const sinks = [{ type: 'file', name: 'archive', path }] as never;
  const gateway = await startGateway(context, { upstream: upstream.url, config: { sinks } });
  process.env['TELLTALE_DATA'] = join(gateway.folder, 'data');
  context.after(() => delete process.env['TELLTALE_DATA']);
  const ask = async () =>
    (await gateway.post({ model: 'm', messages: [{ role: 'user', content: 'hello' }] })).text();
  const add = [
    'silence',
    'add',
    '--rule',
    'dec*',
    '--author',
    'kim',
    '--comment',
    'why',
    '--for',
    '2h',
    '--json',
  ];
  const added = await runHere(add);
  assert.equal(added.code, 0, added.stderr);
  const { id } = JSON.parse(added.stdout);
  const held = async () => {
    const { silences } = JSON.parse((await runHere(['silence', 'list', '--json'])).stdout);
    return silences.find((silence: { id: string }) => silence.id === id)?.heldBack as number | undefined;
  };
  await until(async () => {
    await ask();
    return ((await held()) ?? 0) > 0;
  });
  const before = linesOf(path).length;
  const ended = await runHere(['silence', 'expire', id]);
  assert.equal(ended.stdout, `${id} ended\n`);
  assert.equal((await runHere(['silence', 'expire', id])).code, 1);
  assert.equal(await held(), undefined, 'it has ended');
  await until(async () => {
    await ask();
    return linesOf(path).length > before;
  });
});

const WRONG: readonly [string[], RegExp][] = [
  [['--author', 'k', '--comment', 'c', '--for', '1h'], /say what is silenced/],
  [['--rule', 'x', '--for', '1h'], /--author and --comment/],
  [['--rule', 'x', '--author', 'k', '--comment', 'c'], /either --for or --until/],
  [['--rule', 'x', '--author', 'k', '--comment', 'c', '--for', '2 weeks'], /--for 2 weeks: not a duration/],
  [
    ['--rule', 'x', '--author', 'k', '--comment', 'c', '--until', '2020-01-01T00:00:00Z'],
    /not a time to come/,
  ],
  [['--level', 'loud', '--author', 'k', '--comment', 'c', '--for', '1h'], /--level loud: not one of/],
];

for (const [args, message] of WRONG) {
  test(`silence add ${args.join(' ')} is refused with the reason`, async () => {
    const { code, stderr } = await runHere(['silence', 'add', ...args]);
    assert.equal(code, 2);
    assert.match(stderr, message);
  });
}
