import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { headStart } from '../../gateway/exchange/head-start.ts';
import { createExchangeScan } from '../../gateway/scanning/exchange-scan.ts';
import type { SegmentRef } from '../../rules/index.ts';
import { ruleSetOf, ruleText } from '../rules/rule-text.ts';
import { startGateway } from './start-gateway.ts';
import { answerJson, ask, beginEvents, chunk, completion, startUpstream } from './test-upstream.ts';
import { until } from './until.ts';
import { createWordDetector } from './word-detector.ts';

const NEVER = new Promise<never>(() => {});
const HOUR_MS = 3_600_000;

test('a head start ends with the answer, with its failure, and after its time without either', async () => {
  await headStart(Promise.resolve('answered'), HOUR_MS);
  await headStart(Promise.reject(new Error('broken')), HOUR_MS);
  await headStart(NEVER, 1);
});

test('a head start leaves the turn of the event loop in which the answer came to its bytes', async () => {
  const order: string[] = [];
  const started = headStart(Promise.resolve('answered'), HOUR_MS).then(() => order.push('read'));
  process.nextTick(() => order.push('written'));
  await started;
  assert.deepEqual(order, ['written', 'read']);
});

test('no text goes to the reader before the head start is over, and all of it does then', async (t) => {
  const detector = createWordDetector();
  const scan = createExchangeScan({
    detector,
    ruleSet: await ruleSetOf(t, ruleText({ target: 'any' })),
    abortSignal: new AbortController().signal,
    maxSegments: 10,
    maxSegmentTokens: 1e6,
    timeoutMs: 1e6,
    fields: () => ({}),
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  scan.readAfter(promise);
  const texts = ['said in the request', 'said in the answer', 'and in a third'];
  for (const [index, text] of texts.entries()) {
    scan.add({ segments: [{ ref: refOf(index), text }], unread: [] });
  }
  const ended = scan.end();
  for (let turn = 0; turn < 5; turn += 1) await setImmediate();
  assert.deepEqual(detector.texts, []);
  resolve();
  await ended;
  assert.deepEqual([...detector.texts].sort(), [...texts].sort());
  assert.deepEqual(
    scan.segments().map(({ coverage }) => coverage.status),
    ['scanned', 'scanned', 'scanned'],
  );
});

test('the upstream has a streamed request before it is read, and one whose answer comes whole after', async (context) => {
  const detector = createWordDetector();
  let text = '';
  let wasRead = false;
  let isStreamed = true;
  const upstream = await startUpstream(context, (response) => {
    wasRead = detector.texts.includes(text);
    if (!isStreamed) return answerJson(response, completion('fine'));
    beginEvents(response);
    response.end(`${chunk({ delta: { content: 'fine' } })}data: [DONE]\n\n`);
  });
  const gateway = await startGateway(context, { upstream: upstream.url, detector });
  const send = async () => {
    text = `hello ${upstream.arrived.length}`;
    await (await gateway.post(ask(text, { stream: isStreamed }))).text();
    assert.ok(detector.texts.includes(text));
    return wasRead;
  };
  // More than once: on a busy machine the head start may be over before the request has arrived.
  await until(async () => !(await send()));
  isStreamed = false;
  assert.equal(await send(), true);
});

function refOf(index: number): SegmentRef {
  return { id: `segment/${index}`, target: 'output', role: 'assistant', pointer: `/${index}`, choice: 0 };
}
