import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rule, ruleFile, startGateway } from './start-gateway.ts';
import { answerJson, ask, beginEvents, completion, events, startUpstream } from './test-upstream.ts';
import { until } from './until.ts';
import { createWordDetector } from './word-detector.ts';

test('an answer comes as from the upstream, and its exchange is on disk when it ends', async (context) => {
  const upstream = await startUpstream(context, (response) =>
    answerJson(response, completion('all is well')),
  );
  const gateway = await startGateway(context, { upstream: upstream.url });
  const response = await gateway.post(ask('hello there'));
  assert.deepEqual(await response.json(), completion('all is well'));
  const record = await gateway.recordOf(response);
  assert.equal(record.verdict, 'pass');
  assert.deepEqual(
    record.coverage.map(({ segmentId, status, tokens }) => [segmentId, status, tokens]),
    [
      ['request/messages/0/content', 'scanned', 2],
      ['response/choices/0/message/content', 'scanned', 3],
    ],
  );
});

test('a finding in a streamed answer flags the exchange and keeps its text for review', async (context) => {
  const upstream = await startUpstream(context, (response) => {
    beginEvents(response);
    response.end(events('I will deceive them').join(''));
  });
  const gateway = await startGateway(context, { upstream: upstream.url });
  const response = await gateway.post(ask('hello', { stream: true }));
  assert.equal(await response.text(), events('I will deceive them').join(''));
  const record = await gateway.recordOf(response);
  assert.equal(record.verdict, 'flag');
  assert.equal(record.findings[0]?.finding.segment.pointer, '/choices/0/message/content');
  assert.deepEqual(record.findings[0]?.finding.span, { start: 7, end: 14 });
  assert.deepEqual(
    record.segments.map(({ text }) => text),
    ['hello', 'I will deceive them'],
  );
});

test('an enforcing rule on the input blocks before the upstream is called', async (context) => {
  const upstream = await startUpstream(context, (response) => answerJson(response, completion('fine')));
  const rules = { 'a.yaml': ruleFile([rule({ mode: 'enforce', target: 'input' })]) };
  const gateway = await startGateway(context, { upstream: upstream.url, rules });
  const response = await gateway.post(ask('please deceive them'));
  assert.equal(response.status, 400);
  const { error } = (await response.json()) as { error: { code: string; message: string } };
  assert.equal(error.code, 'content_filter');
  assert.doesNotMatch(error.message, /deceives/);
  assert.equal(upstream.arrived.length, 0);
  assert.equal((await gateway.recordOf(response)).verdict, 'block');
});

test('when an exchange is on disk, what is left of its scoring is told to stop', async (context) => {
  const upstream = await startUpstream(context, (response) =>
    answerJson(response, completion('all is well')),
  );
  const words = createWordDetector();
  const signals: (AbortSignal | undefined)[] = [];
  const detector = {
    ...words,
    createScorer(options: Parameters<typeof words.createScorer>[0]) {
      signals.push(options.abortSignal);
      return words.createScorer(options);
    },
  };
  const gateway = await startGateway(context, { upstream: upstream.url, detector });
  const response = await gateway.post(ask('hello there'));
  await response.text();
  await gateway.recordOf(response);
  assert.deepEqual(
    signals.map((signal) => signal?.aborted),
    [true, true],
  );
});

test('a fault of our own after the upstream was asked drops its answer, and the client is told', async (context) => {
  let isDropped = false;
  const upstream = await startUpstream(context, (response) => {
    response.once('close', () => {
      isDropped = true;
    });
    beginEvents(response);
    response.write(events('all is well')[0]);
  });
  const detector = {
    ...createWordDetector(),
    createScorer() {
      throw new Error('a fault of our own');
    },
  };
  const gateway = await startGateway(context, { upstream: upstream.url, detector });
  const response = await gateway.post(ask('hello there', { stream: true }));
  assert.equal(response.status, 500);
  const { error } = (await response.json()) as { error: { code: string } };
  assert.equal(error.code, 'internal');
  await until(() => isDropped);
});
