import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createCertificate } from './certificate.ts';
import { startGateway } from './start-gateway.ts';
import { nameIn, startNamed } from './start-named.ts';
import { startProxy } from './start-proxy.ts';
import { answerJson, ask, completion, startUpstream } from './test-upstream.ts';

/** An upstream behind TLS, with the file of the certificate that vouches for it. */
async function startSecure(context: TestContext) {
  const { cert, key } = createCertificate();
  const folder = mkdtempSync(join(tmpdir(), 'telltale-tls-'));
  const file = join(folder, 'ca.pem');
  writeFileSync(file, cert);
  const server = createSecureServer({ cert, key }, (request, response) => {
    request.resume();
    answerJson(response, completion('behind TLS'));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  context.after(() => {
    server.close();
    server.closeAllConnections();
    rmSync(folder, { recursive: true });
  });
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, file };
}

test('an upstream behind TLS is reached with its certificate, and refused without', async (context) => {
  const secure = await startSecure(context);
  const trusting = await startGateway(context, {
    upstream: secure.url,
    config: { upstream: { ca_file: secure.file } },
  });
  assert.equal(await nameIn(await trusting.post(ask('hello'))), 'behind TLS');
  const wary = await startGateway(context, { upstream: secure.url });
  const response = await wary.post(ask('hello'));
  assert.deepEqual([response.status, await nameIn(response)], [502, 'upstream_refused']);
});

test('upstreams are reached through the proxy of their scheme, except those that bypass it', async (context) => {
  const plain = await startNamed(context, 'plain');
  const secure = await startSecure(context);
  const proxy = await startProxy(context);
  const start = (upstream: string, bypass: string) =>
    startGateway(context, {
      upstream,
      config: { upstream: { ca_file: secure.file }, proxy: { http: proxy.url, https: proxy.url, bypass } },
    });
  const through = await start(plain.url, '');
  const answered = await through.post(ask('hello'));
  assert.equal(answered.headers.get('content-type'), 'application/json');
  assert.equal(await nameIn(answered), 'plain');
  assert.equal(plain.arrived[0]?.body.toString(), JSON.stringify(ask('hello')));
  assert.equal(await nameIn(await (await start(secure.url, '')).post(ask('hello'))), 'behind TLS');
  assert.deepEqual(proxy.asked, [
    `POST ${plain.url}/v1/chat/completions`,
    `CONNECT ${new URL(secure.url).host}`,
  ]);
  assert.equal(await nameIn(await (await start(plain.url, '127.0.0.1')).post(ask('hello'))), 'plain');
  assert.equal(proxy.asked.length, 2);
});

test('each upstream has its own patience: to connect, for the first byte, between two pieces', async (context) => {
  const silent = await startUpstream(context, () => {});
  const mute = createTcpServer(() => {});
  await once(mute.listen(0, '127.0.0.1'), 'listening');
  context.after(() => void mute.close());
  const halting = await startUpstream(context, (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write('{');
  });
  const gateway = await startGateway(context, {
    config: {
      upstreams: [
        {
          name: 'connect',
          url: `https://127.0.0.1:${(mute.address() as AddressInfo).port}`,
          match: { model: 'connect' },
          connect_timeout_ms: 100,
        },
        { name: 'first', url: silent.url, match: { model: 'first' }, first_byte_timeout_ms: 100 },
        { name: 'idle', url: halting.url, match: { model: 'idle' }, idle_timeout_ms: 1_000 },
      ],
    },
  });
  for (const model of ['connect', 'first']) {
    const response = await gateway.post({ ...ask('hello'), model });
    assert.deepEqual([response.status, await nameIn(response)], [504, 'upstream_timeout'], model);
  }
  const begun = await gateway.post({ ...ask('hello'), model: 'idle' });
  assert.equal(begun.status, 200);
  await assert.rejects(begun.text());
});

test('the log says once that an upstream does not answer, why, and that it answers again', async (context) => {
  const lines: string[] = [];
  const listener = (level: string) => (event: string, fields?: object) =>
    void lines.push(`${level} ${event} ${JSON.stringify(fields)}`);
  const log = {
    debug: listener('debug'),
    info: listener('info'),
    warn: listener('warn'),
    error: listener('error'),
  };
  let isCut = true;
  const upstream = await startUpstream(context, (response) => {
    if (isCut) response.destroy();
    else answerJson(response, completion('here again'));
  });
  const gateway = await startGateway(context, { upstream: upstream.url, log });
  for (let times = 0; times < 3; times++) assert.equal((await gateway.post(ask('hello'))).status, 502);
  isCut = false;
  for (let times = 0; times < 2; times++) assert.equal((await gateway.post(ask('hello'))).status, 200);
  const told = lines.filter((line) => line.includes('upstream'));
  assert.equal(told.length, 2);
  assert.match(
    told[0] ?? '',
    /^warn upstream does not answer \{"upstream":"upstream","host":"127.*"reason":".+"\}/,
  );
  assert.equal(told[1], 'info upstream answers again {"upstream":"upstream","failures":3}');
});
