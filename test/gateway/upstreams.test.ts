import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isLike } from '../../gateway/upstream/match.ts';
import { createCertificate } from './certificate.ts';
import { startGateway } from './start-gateway.ts';
import { startProxy } from './start-proxy.ts';
import { type Arrived, answerJson, ask, completion, startUpstream } from './test-upstream.ts';

/** An upstream whose answers say its name. */
async function startNamed(context: TestContext, name: string) {
  const upstream = await startUpstream(context, (response) => answerJson(response, completion(name)));
  return { ...upstream, entry: { name, url: upstream.url } };
}

async function nameIn(response: Response): Promise<string> {
  const body = (await response.json()) as {
    choices?: { message: { content: string } }[];
    error?: { code: string };
  };
  return body.choices?.[0]?.message.content ?? body.error?.code ?? '';
}

function headerOf({ rawHeaders }: Arrived, wanted: string): string | undefined {
  const at = rawHeaders.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === wanted);
  return at === -1 ? undefined : rawHeaders[at + 1];
}

test('requests go to the first upstream that is for their path, header or model, else to the usual one', async (context) => {
  const [usual, byMount, byHeader, byModel] = [
    await startNamed(context, 'usual'),
    await startNamed(context, 'by mount'),
    await startNamed(context, 'by header'),
    await startNamed(context, 'by model'),
  ];
  const gateway = await startGateway(context, {
    upstream: usual.url,
    config: {
      upstreams: [
        { ...byMount.entry, mount: '/other' },
        { ...byHeader.entry, match: { headers: { 'x-team': 'blue' } } },
        { ...byModel.entry, match: { path: '/v1/chat', model: ['gpt-*-mini', 'o1'] } },
      ],
    },
  });
  const post = (model: string, headers: Record<string, string> = {}) =>
    gateway.post({ ...ask('hello'), model }, { headers }).then(nameIn);
  assert.equal(await post('gpt-5'), 'usual');
  assert.equal(await post('gpt-5-mini'), 'by model');
  assert.equal(await post('o1'), 'by model');
  assert.equal(await post('o1', { 'x-team': 'blue' }), 'by header');
  assert.equal(await post('o1', { 'x-team': 'red' }), 'by model');
  const below = await fetch(`${gateway.url}/other/v1/chat/completions?a=1`, {
    method: 'POST',
    body: JSON.stringify(ask('hello')),
  });
  const record = await gateway.recordOf(below);
  assert.equal(await nameIn(below), 'by mount');
  assert.equal(byMount.arrived[0]?.target, '/v1/chat/completions?a=1');
  assert.deepEqual([record.route, record.dialect], ['/other/v1/chat/completions', 'openai-chat']);
  assert.ok(record.coverage.every(({ status }) => status === 'scanned'));
});

test('a request that no upstream is for is refused, named by its model', async (context) => {
  const upstream = await startNamed(context, 'only');
  const gateway = await startGateway(context, {
    config: { upstreams: [{ ...upstream.entry, match: { model: 'small-*' } }] },
  });
  assert.equal(gateway.isDemo, false);
  const response = await gateway.post({ ...ask('hello'), model: 'large-1' });
  assert.equal(response.status, 404);
  const { error } = (await response.json()) as { error: { code: string; message: string } };
  assert.equal(error.code, 'no_upstream');
  assert.match(error.message, /its model is "large-1"/);
});

const patterns: [text: string, pattern: string, isMatch: boolean][] = [
  ['gpt-5', 'gpt-5', true],
  ['gpt-5', 'gpt', false],
  ['gpt-5', '*', true],
  ['gpt-5-mini', 'gpt-*-mini', true],
  ['gpt-mini', 'gpt-*-mini', false],
  ['a.b', 'a?b', false],
  ['aXbXc', 'a*b*c', true],
  ['ab', 'ab*ab', false],
  ['abab', 'ab*ab', true],
];

for (const [text, pattern, isMatch] of patterns) {
  test(`the model ${text} is ${isMatch ? '' : 'not '}like ${pattern}`, () =>
    assert.equal(isLike(text, pattern), isMatch));
}

test("the caller's key passes on, or the gateway's own goes in its place and none of the caller's", async (context) => {
  const [passed, injected, google] = [
    await startNamed(context, 'passed'),
    await startNamed(context, 'injected'),
    await startNamed(context, 'google'),
  ];
  const gateway = await startGateway(context, {
    upstream: passed.url,
    env: { TEAM_KEY: 'sk-of-the-team', GOOGLE_KEY: 'g-1' },
    config: {
      upstreams: [
        { ...injected.entry, key_env: 'TEAM_KEY', match: { model: 'team-*' } },
        { ...google.entry, key_env: 'GOOGLE_KEY', key_header: 'x-goog-api-key', match: { model: 'gemini' } },
      ],
    },
  });
  const headers = { authorization: 'Bearer sk-of-a-caller', 'x-api-key': 'second', 'x-custom': 'kept' };
  const post = (model: string) =>
    fetch(`${gateway.url}/v1/chat/completions?key=third&alt=json`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ ...ask('hello'), model }),
    });
  for (const model of ['any', 'team-1', 'gemini']) assert.equal((await post(model)).status, 200);
  const seen = [passed, injected, google].map(({ arrived: [arrived] }) => {
    assert.ok(arrived);
    const named = (name: string) => headerOf(arrived, name) ?? null;
    return [
      named('authorization'),
      named('x-api-key'),
      named('x-goog-api-key'),
      named('x-custom'),
      arrived.target,
    ];
  });
  const path = '/v1/chat/completions';
  assert.deepEqual(seen, [
    ['Bearer sk-of-a-caller', 'second', null, 'kept', `${path}?key=third&alt=json`],
    ['Bearer sk-of-the-team', null, null, 'kept', `${path}?alt=json`],
    [null, null, 'g-1', 'kept', `${path}?alt=json`],
  ]);
});

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
