import assert from 'node:assert/strict';
import { test } from 'node:test';
import { featureset } from '../rules/featureset.ts';
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

/** Ordinary scores of deception: a hundred from `lowest` on. */
function curve(route: string | null, lowest: number): object {
  const values = Array.from({ length: 100 }, (_, i) => lowest + 1 - i / 100);
  const ranks = values.map((_, i) => i + 1);
  const aggregate = { kind: 'max', window: 1 };
  return { signal: 'concept/deception', aggregate, role: null, route, segments: 100, ranks, values };
}

test('a route whose own traffic was learned is judged by its own threshold', async (context) => {
  const upstream = await startUpstream(context, (response) =>
    answerJson(response, completion('we deceive them')),
  );
  const calibration = {
    version: 1,
    featureset: featureset.digest,
    traffic: 'numbers',
    created: '2026-11-26T12:00:00.000Z',
    segments: 100,
    curves: [curve(null, 7), curve('/v1/chat/completions', 3)],
  };
  const stating = rule({ target: 'any' }).replace('above: 5', 'rarer_than: 1/10');
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    rules: { 'a.yaml': ruleFile([stating]), 'traffic.calibration.json': JSON.stringify(calibration) },
  });
  const send = async (path: string) => {
    const response = await fetch(`${gateway.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...ask('we deceive them'), max_tokens: 9, prompt: 'we deceive them' }),
    });
    await response.text();
    return (await gateway.recordOf(response)).findings.map(({ finding }) => finding.conditions[0]?.threshold);
  };
  const chat = await send('/v1/chat/completions');
  assert.ok(chat.length > 0);
  assert.ok(
    chat.every((threshold) => (threshold ?? 0) < 4),
    `${chat}`,
  );
  assert.deepEqual(await send('/v1/completions'), []);
});
