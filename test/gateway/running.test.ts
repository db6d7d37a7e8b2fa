import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { configSchema } from '../../gateway/config/schema.ts';
import { startTelltale } from '../../gateway/start-telltale.ts';
import { createLogger } from '../../gateway/telemetry/index.ts';
import { closedUrl } from '../services/free-ports.ts';
import { rule, ruleFile, startGateway } from './start-gateway.ts';
import { answerJson, ask, beginEvents, chunk, completion, events, startUpstream } from './test-upstream.ts';
import { until } from './until.ts';
import { createWordDetector } from './word-detector.ts';

test('a stop is not ready at once, lets streams finish, and refuses new exchanges', async (context) => {
  let goOn = () => {};
  const upstream = await startUpstream(context, async (response) => {
    beginEvents(response);
    response.write(chunk({ delta: { content: 'first' } }));
    await new Promise<void>((resolve) => {
      goOn = resolve;
    });
    response.end('data: [DONE]\n\n');
  });
  const gateway = await startGateway(context, { upstream: upstream.url });
  assert.equal((await fetch(`${gateway.url}/readyz`)).status, 200);
  const response = await gateway.post(ask('hello', { stream: true }));
  const stopped = gateway.stop();
  const ready = await fetch(`${gateway.url}/readyz`);
  assert.equal(ready.status, 503);
  assert.deepEqual(await ready.json(), { status: 'not ready', notes: ['stopping'] });
  const health = await fetch(`${gateway.url}/healthz`);
  assert.equal(health.status, 200);
  assert.ok(health.headers.get('x-telltale-exchange-id'));
  const late = await gateway.post(ask('hello'));
  assert.equal(late.status, 503);
  assert.equal(late.headers.get('retry-after'), '1');
  goOn();
  assert.match(await response.text(), /first[\s\S]*\[DONE\]/);
  await stopped;
  await assert.rejects(fetch(`${gateway.url}/readyz`));
});

test('what has not finished within the grace time ends in an error and is recorded', async (context) => {
  const upstream = await startUpstream(context, (response) => {
    beginEvents(response);
    response.write(chunk({ delta: { content: 'they deceive us' } }));
  });
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    config: { stop: { grace_ms: 50 } },
    relayDeadlineMs: 120_000,
  });
  const response = await gateway.post(ask('hello', { stream: true }));
  const stopped = gateway.stop();
  let received = '';
  await assert.rejects(async () => {
    for await (const part of response.body ?? []) received += Buffer.from(part).toString();
  });
  assert.match(received, /"code":"stopping"/);
  await stopped;
  const alerts = await readFile(join(gateway.folder, 'data', 'alerts.jsonl'), 'utf8');
  assert.equal(alerts.trim().split('\n').length, 1);
});

test('a store that is full is told: counted, in readiness, and the answer passes', async (context) => {
  const upstream = await startUpstream(context, (response) => answerJson(response, completion('we deceive')));
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    config: { store: { max_bytes: 131_072 } },
  });
  const long = 'word '.repeat(20_000);
  await until(async () => {
    const response = await gateway.post(ask(`${long}${Math.random()} deceive`));
    assert.equal(response.status, 200);
    assert.deepEqual(await response.json(), completion('we deceive'));
    const { notes } = (await (await fetch(`${gateway.url}/readyz`)).json()) as { notes: string[] };
    return notes.includes('store: disk_full');
  });
  assert.match(await gateway.metrics(), /telltale_unrecorded_exchanges_total\S* [1-9]/);
});

test('an answer that cannot be recorded is blocked where policy says so, streamed or not', async (context) => {
  const upstream = await startUpstream(context, (response, { body }) => {
    if (!body.includes('"stream":true')) return answerJson(response, completion('fine'));
    beginEvents(response);
    response.end(events('fine').join(''));
  });
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    config: { store: { max_bytes: 131_072 }, policy: { on_unrecorded: 'block' } },
  });
  const long = `${'word '.repeat(20_000)} deceive`;
  await until(async () => {
    const response = await gateway.post(ask(`${long}${Math.random()}`));
    if (response.status === 200) return false;
    assert.equal(response.status, 503);
    assert.match(await response.text(), /"code":"unrecorded"/);
    return true;
  });
  const streamed = await gateway.post(ask(long, { stream: true }));
  let received = '';
  await assert.rejects(async () => {
    for await (const part of streamed.body ?? []) received += Buffer.from(part).toString();
  });
  assert.match(received, /"code":"unrecorded"/);
  assert.doesNotMatch(received, /\[DONE\]/);
  assert.equal((await fetch(`${gateway.url}/readyz`)).status, 503);
});

test('rules that are broken at the start are refused with file, line and column', async (context) => {
  const broken = ruleFile([rule({ mode: 'loud' })]);
  await assert.rejects(startGateway(context, { rules: { 'broken.yaml': broken } }), (error: Error) => {
    assert.match(error.message, /broken\.yaml:\d+:\d+: error: .*mode/);
    return true;
  });
});

test('a changed rule file is live; a broken one leaves the old rules in place', async (context) => {
  const upstream = await startUpstream(context, (response) => answerJson(response, completion('fine')));
  const gateway = await startGateway(context, { upstream: upstream.url });
  const verdict = async () => (await gateway.recordOf(await gateway.post(ask('a jailbreak')))).verdict;
  assert.equal(await verdict(), 'pass');
  const file = join(gateway.rulesFolder, 'a.yaml');
  const put = (text: string) => {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  };
  put(ruleFile([rule({ concept: 'jailbreak' })]));
  await until(async () => (await verdict()) === 'flag');
  put('version: 1\nrules: [');
  await until(async () => /telltale_rule_reloads_total\{[^}]*refused[^}]*\} 1/.test(await gateway.metrics()));
  assert.equal(await verdict(), 'flag');
  put(ruleFile([rule({ concept: 'deception' })]));
  await gateway.reloadRules();
  assert.equal(await verdict(), 'pass');
});

test('a broker that is down costs no request; alerts wait on disk, and the log says so once', async (context) => {
  const upstream = await startUpstream(context, (response) => answerJson(response, completion('we deceive')));
  const lines: string[] = [];
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    log: createLogger('warn', { write: (line) => void lines.push(line) }),
    config: { kafka: { brokers: [new URL(await closedUrl()).host] } },
    relayDeadlineMs: 50,
  });
  const response = await gateway.post(ask('hello'));
  assert.equal(response.status, 200);
  assert.equal((await gateway.recordOf(response)).verdict, 'flag');
  assert.equal((await fetch(`${gateway.url}/readyz`)).status, 200);
  assert.equal((await gateway.ledger.depth('kafka')).depth, 1);
  await until(() => lines.length > 0);
  const attempts = async () =>
    Number(/outbox_delivery_attempts_total(?:\{[^}]*\})? (\d+)/.exec(await gateway.metrics())?.[1]);
  const before = await attempts();
  await until(async () => (await attempts()) > before);
  assert.equal(lines.length, 1, lines.join(''));
  const { event, sink, waiting, reason } = JSON.parse(lines[0] ?? '');
  assert.deepEqual([event, sink, waiting], ['alerts cannot be delivered and wait on disk', 'kafka', 1]);
  assert.match(reason, /ECONNREFUSED|connect/i);
});

test('without an upstream the embedded demo answers', async (context) => {
  const gateway = await startGateway(context);
  assert.equal(gateway.isDemo, true);
  const response = await gateway.post(ask('hello'));
  assert.equal(response.headers.get('x-demo-upstream'), 'telltale');
  assert.equal(response.status, 200);
});

test('a port that is taken is an error that names it, and what was started is closed', async (context) => {
  const gateway = await startGateway(context);
  const port = Number(new URL(gateway.url).port);
  const config = configSchema.parse({
    server: { port },
    review: { port: 0 },
    metrics: { port: 0 },
    rules: gateway.rulesFolder,
    data: join(gateway.folder, 'other'),
  });
  const options = { detector: createWordDetector(), webPath: gateway.folder, log: createLogger('silent') };
  await assert.rejects(startTelltale(config, options), (error: Error & { code: string }) => {
    assert.equal(error.code, 'START_FAILED');
    assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${port}`));
    return true;
  });
});
