import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLike } from '../../gateway/upstream/match.ts';
import { startGateway } from './start-gateway.ts';
import { nameIn, startNamed } from './start-named.ts';
import { type Arrived, ask } from './test-upstream.ts';

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
