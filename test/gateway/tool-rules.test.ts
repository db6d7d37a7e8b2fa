import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { RuleSet } from '../../rules/index.ts';
import { ruleSetOf } from '../rules/rule-text.ts';
import { firstKept } from './kept-rows.ts';
import { createReadings } from './readings.ts';
import { RECORDED, type RecordedStream } from './recorded-streams.ts';
import { type RuleOptions, rule, ruleFile, startGateway } from './start-gateway.ts';
import { startScan } from './start-scan.ts';
import { answerJson, ask, beginEvents, chunk, completion, startUpstream } from './test-upstream.ts';

/** A rule that fires on the word in calls of some tools, or in what came of them. */
function toolRule(glob: string, options: RuleOptions = {}): string {
  const detection = `      called: {field: tool, glob: "${glob}"}\n    condition: met and called\n`;
  return rule({ target: 'tool_call', ...options }).replace('    condition: met\n', detection);
}

const rulesWith = (options: RuleOptions) => ({ 'a.yaml': ruleFile([toolRule('shell_*', options)]) });

const GIVEN = ['{"do": "we ', 'dec', 'eive them', ' all"}'];

function whole(name: string): object {
  const { choices, ...rest } = completion('') as { choices: { message: object }[] };
  const tool_calls = [{ id: 'c', type: 'function', function: { name, arguments: GIVEN.join('') } }];
  const message = { ...choices[0]?.message, tool_calls };
  return { ...rest, choices: [{ index: 0, message, finish_reason: 'tool_calls' }] };
}

/** The name comes in an event before the arguments. */
function streamed(name: string): string {
  const delta = (call: object) => chunk({ delta: { tool_calls: [{ index: 0, ...call }] } });
  return [
    delta({ id: 'c', type: 'function', function: { name, arguments: '' } }),
    ...GIVEN.map((piece) => delta({ function: { arguments: piece } })),
    chunk({ delta: {}, finish_reason: 'tool_calls' }),
    'data: [DONE]\n\n',
  ].join('');
}

async function answering(context: TestContext, name: string, options: RuleOptions, config = {}) {
  const upstream = await startUpstream(context, (response, { body }) => {
    if (JSON.parse(body.toString()).stream !== true) return answerJson(response, whole(name));
    beginEvents(response);
    response.end(streamed(name));
  });
  return startGateway(context, { upstream: upstream.url, rules: rulesWith(options), config });
}

const WAYS: readonly [way: string, options: RuleOptions, config: Record<string, object>][] = [
  ['observed', {}, {}],
  ['held', { mode: 'enforce' }, {}],
  ['buffered', { mode: 'enforce' }, { streaming: { enforcing: 'buffer' } }],
];

for (const [way, options, config] of WAYS) {
  for (const isStreamed of [false, true]) {
    const kind = `${isStreamed ? 'a streamed' : 'a whole'} answer that is ${way}`;
    const body = ask('hello', { stream: isStreamed });
    const sent = (name: string) => (isStreamed ? streamed(name) : JSON.stringify(whole(name)));

    test(`a rule on shell_* fires on a call of shell_exec in ${kind}`, async (context) => {
      const gateway = await answering(context, 'shell_exec', options, config);
      const response = await gateway.post(body);
      const text = await response.text();
      if (options.mode === 'enforce') {
        assert.match(text, /content_filter/);
        assert.doesNotMatch(text, /eive/);
      } else assert.equal(text, sent('shell_exec'));
      const { findings } = await gateway.recordOf(response);
      assert.equal(findings.length, 1);
      const { segment, fields } = findings[0]?.finding ?? assert.fail('it is recorded');
      assert.equal(segment.id, 'response/choices/0/message/tool_calls/0/function/arguments');
      assert.equal(segment.tool, 'shell_exec');
      const values = { tool: 'shell_exec' };
      assert.deepEqual(fields, [{ name: 'called', comparison: 'tool glob "shell_*"', values }]);
    });

    test(`a rule on shell_* leaves a call of read_file alone in ${kind}`, async (context) => {
      const gateway = await answering(context, 'read_file', options, config);
      const response = await gateway.post(body);
      assert.equal(await response.text(), sent('read_file'));
      const { findings, coverage } = await gateway.recordOf(response);
      assert.equal(findings.length, 0);
      const call = coverage.find(({ pointer }) => pointer.endsWith('/function/arguments'));
      assert.deepEqual([call?.status, call?.reason], ['skipped', 'no_rules'], 'nor is it scored');
    });
  }
}

test('what came of a call is blocked before the upstream is asked, by the tool that was called', async (context) => {
  const upstream = await startUpstream(context, (response) => answerJson(response, completion('fine')));
  const rules = rulesWith({ mode: 'enforce', target: 'tool_result' });
  const gateway = await startGateway(context, { upstream: upstream.url, rules });
  const messages = (name: string) => [
    { role: 'user', content: 'hello' },
    { role: 'assistant', tool_calls: [{ id: 'c', type: 'function', function: { name, arguments: '{}' } }] },
    { role: 'tool', tool_call_id: 'c', content: 'now deceive them' },
  ];
  const status = async (name: string) =>
    (
      await gateway.post({ model: 'm', messages: messages(name) }).then(async (response) => {
        await response.text();
        return response;
      })
    ).status;
  assert.deepEqual([await status('shell_exec'), await status('read_file')], [400, 200]);
  assert.equal(upstream.arrived.length, 1);
});

test('what is kept of a call is judged again under its tool', async (context) => {
  const upstream = await startUpstream(context, (response) => answerJson(response, whole('shell_exec')));
  const rules = { 'a.yaml': ruleFile([toolRule('*')]) };
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    rules,
    config: { replay: { keep: 'concepts' } },
  });
  await (await gateway.post(ask('hello'))).text();
  const kept = await firstKept(gateway);
  const found = async (glob: string) =>
    kept
      .judge(await ruleSetOf(context, ruleFile([toolRule(glob)])))
      .findings.map(({ segment }) => segment.tool);
  assert.deepEqual(await found('shell_*'), ['shell_exec']);
  assert.deepEqual(await found('read_*'), []);
});

/** The findings of a recorded answer that comes in pieces; null: whole. */
async function findingsOf(ruleSet: RuleSet, recorded: RecordedStream, cuts: readonly number[] | null) {
  const scan = startScan(ruleSet);
  const { dialect, framing, bytes, whole: answer } = recorded;
  const { readAnswer, readStream, readArray } = createReadings(dialect);
  if (cuts === null) scan.add(readAnswer(answer));
  else {
    const { reading } = (framing === 'events' ? readStream : readArray)(bytes.toString(), cuts);
    for (const segment of reading.segments) {
      scan.add({ segments: [segment], unread: [] });
      await setImmediate();
    }
  }
  await scan.end();
  const told = scan.findings().map((finding) => JSON.stringify(finding));
  return told.sort();
}

for (const recorded of RECORDED) {
  const { name, bytes } = recorded;
  test(`${name}: split anywhere, a rule on a tool finds what it finds in the whole answer`, async (t) => {
    const rules = ruleFile([
      toolRule('fi*', { name: 'finds', target: 'any' }),
      toolRule('w*', { name: 'writes', target: 'any' }),
      toolRule('none', { name: 'none', target: 'any' }),
    ]);
    const ruleSet = await ruleSetOf(t, rules);
    const expected = await findingsOf(ruleSet, recorded, null);
    const tools = expected.map((told) => JSON.parse(told).segment.tool);
    assert.deepEqual(new Set(tools), new Set(TOOLS[name]));
    for (let at = 1; at < bytes.length; at += 37) {
      assert.deepEqual(await findingsOf(ruleSet, recorded, [at, at + 11]), expected, `cut at ${at}`);
    }
  });
}

/** Those whose calls have the word in them, as every recorded text has. */
const TOOLS: Readonly<Record<string, readonly string[]>> = {
  chat: ['find'],
  completions: [],
  messages: ['find'],
  'Gemini events': ['find'],
  'a Gemini array': ['find'],
  responses: ['find', 'write'],
};
