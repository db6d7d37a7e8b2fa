import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createLogger } from '../../gateway/telemetry/index.ts';
import { startOtlpReceiver } from '../services/otlp-receiver.ts';
import { startGateway } from './start-gateway.ts';
import { answerJson, ask, completion, startUpstream } from './test-upstream.ts';

const SECRET = 'planted-secret';
const headers = {
  authorization: `Bearer ${SECRET}-1`,
  'api-key': `${SECRET}-2`,
  'x-api-key': `${SECRET}-3`,
  'x-goog-api-key': `${SECRET}-4`,
  cookie: `session=${SECRET}-5`,
  'proxy-authorization': `Basic ${SECRET}-6`,
  // Nobody is trusted with it here.
  'x-telltale-caller': `${SECRET}-9`,
};

test('no key of a caller or of an upstream is in a log, a trace, a metric, the store or an alert', async (context) => {
  const receiver = await startOtlpReceiver();
  context.after(() => receiver.close());
  let isBroken = false;
  const upstream = await startUpstream(context, (response) => {
    if (isBroken) response.destroy();
    else answerJson(response, completion('we deceive'));
  });
  const lines: string[] = [];
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    env: { OWN_KEY: `${SECRET}-7` },
    log: createLogger('debug', { write: (line) => void lines.push(line) }),
    relayDeadlineMs: 120_000,
    config: {
      telemetry: { otlp_endpoint: receiver.endpoint },
      store: { content: 'full' },
      upstreams: [{ name: 'own', url: upstream.url, match: { model: 'own' }, key_env: 'OWN_KEY' }],
      policy: { unknown_path: 'pass' },
    },
  });
  const send = (path: string, body: unknown) =>
    fetch(`${gateway.url}${path}?key=${SECRET}-8`, { method: 'POST', headers, body: JSON.stringify(body) });
  const answered = await send('/v1/chat/completions', ask('hello'));
  assert.equal((await gateway.recordOf(answered)).verdict, 'flag');
  for (const body of [{ ...ask('hello'), model: 'own' }, '{', { messages: 1 }]) {
    await (await send('/v1/chat/completions', body)).text();
  }
  await (await send('/v1/nowhere', {})).text();
  isBroken = true;
  await (await send('/v1/chat/completions', ask('hello'))).text();
  assert.ok(upstream.arrived.some(({ rawHeaders }) => rawHeaders.includes(`Bearer ${SECRET}-7`)));
  await receiver.spans.waitFor(({ attributes }) => attributes['error.type'] === 'upstream_cut');
  const metrics = await gateway.metrics();
  await gateway.stop();
  const told = JSON.stringify([receiver.spans.all, receiver.points.all], (_, value) =>
    typeof value === 'bigint' ? `${value}` : value,
  );
  const data = join(gateway.folder, 'data');
  const files = readdirSync(data, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => [name, readFileSync(join(parentPath, name), 'latin1')] as const);
  assert.ok(files.some(([name, text]) => name === 'alerts.jsonl' && text.includes('deceive')));
  assert.ok(files.some(([name]) => name === 'telltale.db'));
  const places = [
    ['log', lines.join('')],
    ['traces and metrics', told],
    ['metrics', metrics],
    ...files,
  ] as const;
  for (const [name, text] of places) assert.equal(text.includes(SECRET), false, name);
});
