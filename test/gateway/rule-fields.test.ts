import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rule, ruleFile, startGateway } from './start-gateway.ts';
import { answerJson, ask, completion, startUpstream } from './test-upstream.ts';

const EXCEPTIONS = `    exceptions:
      - name: the evaluation team, in German, with its own models
        fields: [tenant, language, model, route, dialect]
        comparisons: [equals, startswith, glob, endswith, equals]
        values: [[evaluation, de, "mock-*", /chat/completions, openai-chat]]
`;

test('rules ask for route, dialect, model, tenant and language; what they rule out is not scored', async (context) => {
  const upstream = await startUpstream(context, (response) =>
    answerJson(response, completion('we deceive them')),
  );
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    rules: { 'a.yaml': ruleFile([`${rule({ target: 'output' })}${EXCEPTIONS}`]) },
  });
  const send = async (headers: Readonly<Record<string, string>>, model: string) => {
    const response = await gateway.post(
      { ...ask('hello'), model },
      { headers: { 'content-type': 'application/json', ...headers } },
    );
    await response.text();
    const { findings, coverage } = await gateway.recordOf(response);
    const answer = coverage.find(({ segmentId }) => segmentId.startsWith('response'));
    return [findings.length, answer?.reason];
  };
  const team = { 'x-telltale-tenant': 'evaluation', 'content-language': 'de-AT' };
  assert.deepEqual(await send(team, 'mock-1'), [0, 'no_rules']);
  assert.deepEqual(await send(team, 'real-1'), [1, null]);
  assert.deepEqual(await send({ ...team, 'x-telltale-tenant': 'sales' }, 'mock-1'), [1, null]);
  assert.deepEqual(await send({ ...team, 'content-language': 'en' }, 'mock-1'), [1, null]);
  assert.deepEqual(await send({}, 'mock-1'), [1, null]);
  assert.ok(upstream.arrived.every(({ rawHeaders }) => !rawHeaders.includes('x-telltale-tenant')));
});
