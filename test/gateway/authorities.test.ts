import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { alertsOf, createSilenceBook } from '../../alerts/index.ts';
import { configSchema } from '../../gateway/config/schema.ts';
import { createSinks } from '../../gateway/sinks/create-sinks.ts';
import { exchange } from '../alerts/records.ts';
import { createCertificate } from './certificate.ts';
import { startGateway } from './start-gateway.ts';
import { nameIn } from './start-named.ts';
import { answerJson, ask, completion } from './test-upstream.ts';

/** Of the server that `ca_file` vouches for, of one that an authority of this process does, as `NODE_EXTRA_CA_CERTS` adds
 *  it, and of one that none does. */
const CERTIFICATES = {
  own: createCertificate('own'),
  usual: createCertificate('usual'),
  unknown: createCertificate('unknown'),
};

const folder = mkdtempSync(join(tmpdir(), 'telltale-authorities-'));
const caFile = join(folder, 'ca.pem');
const usualBefore = getCACertificates('default');

before(() => {
  writeFileSync(caFile, CERTIFICATES.own.cert);
  setDefaultCACertificates([...usualBefore, CERTIFICATES.usual.cert]);
});
after(() => {
  setDefaultCACertificates(usualBefore);
  rmSync(folder, { recursive: true });
});

async function startSecure(context: TestContext, whose: keyof typeof CERTIFICATES) {
  const server = createServer(CERTIFICATES[whose], (request, response) => {
    request.resume();
    answerJson(response, completion('behind TLS'));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  context.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function answerOf(context: TestContext, upstream: string): Promise<string> {
  const gateway = await startGateway(context, { upstream, config: { upstream: { ca_file: caFile } } });
  return nameIn(await gateway.post(ask('hello')));
}

async function outcomeAt(context: TestContext, url: string): Promise<string | undefined> {
  const [sink] = createSinks({
    config: configSchema.parse({ sinks: [{ type: 'webhook', name: 'soc', url, ca_file: caFile }] }),
    env: {},
    reviewUrl: '',
    silences: createSilenceBook(() => []),
  }).sinks;
  assert.ok(sink);
  context.after(() => sink.close());
  const [outcome] = await sink.deliver(alertsOf(exchange()), AbortSignal.timeout(120_000));
  return outcome?.outcome;
}

const KINDS = [
  ['upstream', answerOf, { taken: 'behind TLS', refused: 'upstream_refused' }],
  ['webhook', outcomeAt, { taken: 'delivered', refused: 'retry' }],
] as const;

for (const [kind, reach, { taken, refused }] of KINDS) {
  test(`ca_file of ${kind} adds to the usual authorities, and vouches for nobody else`, async (context) => {
    assert.equal(await reach(context, await startSecure(context, 'own')), taken);
    assert.equal(await reach(context, await startSecure(context, 'usual')), taken);
    assert.equal(await reach(context, await startSecure(context, 'unknown')), refused);
  });
}
