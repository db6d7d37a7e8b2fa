import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ruleFile, startGateway } from './start-gateway.ts';
import { answerJson, completion, events, startUpstream } from './test-upstream.ts';

interface Parts {
  readonly target: string;
  readonly mode?: string;
  readonly aggregate?: string;
  readonly above?: number;
}

/** A word `deceive` is at 6: two of them, wherever they are, are above 10. */
function spreadRule({ target, mode = 'enforce', aggregate = 'sum', above = 10 }: Parts): string {
  return `  - id: 0c1f6a52-7d8e-4c0b-9a34-000000000077
    name: spread
    title: spread over the exchange
    description: for tests
    status: test
    version: 1
    level: high
    mode: ${mode}
    target: ${target}
    action: block
    detection:
      often: {signal: {concept: deception}, aggregate: ${aggregate}, above: ${above}, per: exchange}
    condition: often
`;
}

const messages = (...contents: readonly string[]) => ({
  model: 'm',
  messages: contents.map((content) => ({ role: 'user', content })),
});

test('what is spread over several messages is blocked before the upstream is asked', async (context) => {
  const upstream = await startUpstream(context, (response) => answerJson(response, completion('fine')));
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    rules: { 'a.yaml': ruleFile([spreadRule({ target: 'input' })]) },
  });
  const one = await gateway.post(messages('deceive them', 'and then be good'));
  assert.equal(one.status, 200);
  await one.text();
  assert.equal((await gateway.recordOf(one)).verdict, 'pass');
  const spread = await gateway.post(messages('deceive them', 'now again deceive them'));
  await spread.text();
  const { verdict, findings, segments } = await gateway.recordOf(spread);
  assert.deepEqual([verdict, findings.length, upstream.arrived.length], ['block', 1, 1]);
  const finding = findings[0]?.finding;
  assert.equal(finding?.conditions[0]?.value, 12);
  assert.deepEqual(
    finding?.exchange?.segments.map(({ segment, value }) => [segment.pointer, value]),
    [
      ['/messages/0/content', 6],
      ['/messages/1/content', 6],
    ],
  );
  assert.ok(segments.every(({ signals }) => 'concept/deception' in signals));
});

test('request and answer count together: a stream is held to its end and blocked', async (context) => {
  const upstream = await startUpstream(context, (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(events('we deceive them').join(''));
  });
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    rules: { 'a.yaml': ruleFile([spreadRule({ target: 'any' })]) },
  });
  const say = async (content: string) => {
    const response = await gateway.post({ ...messages(content), stream: true });
    const text = await response.text();
    const { verdict, findings } = await gateway.recordOf(response);
    return { passed: text.includes('deceive'), verdict, findings };
  };
  const harmless = await say('hello');
  assert.deepEqual([harmless.passed, harmless.verdict], [true, 'pass']);
  const both = await say('please deceive');
  assert.deepEqual([both.passed, both.verdict], [false, 'block']);
  const [{ finding } = {}, ...others] = both.findings;
  assert.deepEqual([others, finding?.exchange?.count, finding?.conditions[0]?.value], [[], 2, 12]);
});

test('a mean that the answer may lower is judged after it, and recorded where it is only flagged', async (context) => {
  const upstream = await startUpstream(context, (response) =>
    answerJson(response, completion('a long and harmless answer that says nothing at all')),
  );
  const rules = (above: number) => ({
    'a.yaml': ruleFile([spreadRule({ target: 'any', mode: 'flag', aggregate: 'mean', above })]),
  });
  const verdictAbove = async (above: number) => {
    const gateway = await startGateway(context, { upstream: upstream.url, rules: rules(above) });
    const response = await gateway.post(messages('deceive'));
    await response.text();
    const { verdict, findings } = await gateway.recordOf(response);
    return [verdict, findings[0]?.finding.conditions[0]?.value];
  };
  assert.deepEqual(await verdictAbove(5), ['pass', undefined], 'the request alone is at 6');
  assert.deepEqual(await verdictAbove(0.5), ['flag', 6 / 11]);
});
