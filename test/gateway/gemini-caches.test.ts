import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ApiError, GoogleGenAI, type GoogleGenAIOptions } from '@google/genai';
import { rule, ruleFile, startGateway } from './start-gateway.ts';
import { answerJson, startUpstream } from './test-upstream.ts';

const model = 'gemini-2.5-flash';
const project = '/projects/p-1/locations/europe-west1';
/** Where each of Google's APIs keeps contents, and how its client is told of it. */
const apis: [name: string, parent: string, options: GoogleGenAIOptions][] = [
  ['Gemini', '/v1beta', { apiKey: 'key' }],
  [
    'Vertex AI',
    `/v1beta1${project}`,
    { vertexai: true, apiKey: 'key', project: 'p-1', location: 'europe-west1' },
  ],
];

/** Keeps contents as Google does: what it says of them are their names, times and sizes. */
function startCaches(context: TestContext) {
  return startUpstream(context, (response, { target, method }) => {
    const parent = /^\/v1beta1?\/((?:projects.*\/)?)cachedContents/.exec(target)?.[1] ?? '';
    const cache = {
      name: `${parent}cachedContents/a1b2`,
      model: `models/${model}`,
      createTime: '2026-11-27T00:00:00Z',
      updateTime: '2026-11-27T00:00:00Z',
      expireTime: '2026-11-27T01:00:00Z',
      usageMetadata: { totalTokenCount: 9 },
    };
    if (method === 'DELETE') return answerJson(response, {});
    if (method !== 'GET' || target.includes('a1b2')) return answerJson(response, cache);
    return answerJson(response, { cachedContents: [cache] });
  });
}

const kept = {
  model: `models/${model}`,
  systemInstruction: { parts: [{ text: 'be kind' }] },
  contents: [{ role: 'user', parts: [{ text: 'the whole book' }] }],
  tools: [{ functionDeclarations: [{ name: 'find', description: 'finds' }] }],
  ttl: '3600s',
};

for (const [name, parent, options] of apis) {
  test(`contents that ${name} is to keep are scanned, and what is asked of them later passes`, async (context) => {
    const upstream = await startCaches(context);
    const gateway = await startGateway(context, { upstream: upstream.url });
    const ask = (method: string, path: string, body?: object) =>
      fetch(`${gateway.url}${parent}/cachedContents${path}`, {
        method,
        headers: { 'content-type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      });
    const coverageOf = async (response: Response) => {
      assert.equal(response.status, 200);
      const { dialect, coverage } = await gateway.recordOf(response);
      assert.equal(dialect, 'gemini');
      return coverage.map(({ pointer, role, status, tokens }) => [pointer, role, status, tokens]);
    };
    const created = await ask('POST', '', kept);
    assert.deepEqual(await coverageOf(created), [
      ['/systemInstruction/parts/0/text', 'system', 'scanned', 2],
      ['/contents/0/parts/0/text', 'user', 'scanned', 3],
      ['/tools/0', 'system', 'scanned', 1],
      ['', 'assistant', 'scanned', 0],
    ]);
    assert.equal((await gateway.recordOf(created)).model, model);
    assert.deepEqual(await coverageOf(await ask('PATCH', '/a1b2?updateMask=ttl', { ttl: '60s' })), [
      ['', 'assistant', 'scanned', 0],
    ]);
    assert.deepEqual((await coverageOf(await ask('PATCH', '/a1b2', { contents: kept.contents })))[0], [
      '/contents/0/parts/0/text',
      'user',
      'scanned',
      3,
    ]);
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '?pageSize=1'],
      ['GET', '/a1b2'],
      ['DELETE', '/a1b2'],
    ] as const) {
      assert.deepEqual(await coverageOf(await ask(method, path)), [['', 'assistant', 'skipped', 0]]);
    }
  });

  test(`Google's client keeps contents through the gateway as directly, and is told of a block: ${name}`, async (context) => {
    const upstream = await startCaches(context);
    const gateway = await startGateway(context, {
      upstream: upstream.url,
      rules: { 'a.yaml': ruleFile([rule({ name: 'no-input', mode: 'enforce', target: 'input' })]) },
    });
    const clientOf = ({ url }: { readonly url: string }) =>
      new GoogleGenAI({ ...options, httpOptions: { baseUrl: url } });
    const results = [];
    for (const { caches } of [upstream, gateway].map(clientOf)) {
      const cache = await caches.create({ model, config: { contents: 'the whole book', ttl: '3600s' } });
      const { name: id = '' } = cache;
      results.push([
        cache,
        await caches.get({ name: id }),
        (await caches.list()).page,
        await caches.update({ name: id, config: { ttl: '60s' } }),
        (await caches.delete({ name: id })) !== null,
      ]);
    }
    assert.deepEqual(results[1], results[0]);
    const count = upstream.arrived.length / 2;
    const sent = upstream.arrived.map(({ method, target, body }) => [method, target, body]);
    assert.deepEqual(sent.slice(count), sent.slice(0, count));
    await assert.rejects(
      clientOf(gateway).caches.create({ model, config: { contents: 'deceive' } }),
      (error: unknown) => error instanceof ApiError && error.status === 400,
    );
    assert.equal(upstream.arrived.length, 2 * count);
  });
}
