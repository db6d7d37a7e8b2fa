import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { startAnswering } from './start-answering.ts';
import { rule, ruleFile, startGateway } from './start-gateway.ts';
import { ask, beginEvents, chunk, startUpstream } from './test-upstream.ts';

const BODY = JSON.stringify(ask('hello'));

const sized: [name: string, limits: object, content: (step: -1 | 0 | 1) => string, code: string][] = [
  [
    'bytes of a body',
    { max_body_bytes: BODY.length + 100 },
    (step) => 'x'.repeat(105 + step),
    'body_too_large',
  ],
  ['levels of JSON', { max_json_depth: 10 }, (step) => nested(10 + step), 'depth'],
];

function nested(depth: number): string {
  // The body itself is one level.
  return JSON.stringify({
    ...ask('hello'),
    odd: JSON.parse('['.repeat(depth - 1) + ']'.repeat(depth - 1)),
  });
}

for (const [name, limits, content, code] of sized) {
  test(`${name}: below and at the bound they pass, above it they are refused`, async (context) => {
    const { gateway } = await startAnswering(context, { config: { limits } });
    for (const step of [-1, 0, 1] as const) {
      const text = content(step);
      const response = await gateway.post(text.startsWith('{') ? text : ask(text));
      const body = await response.text();
      assert.equal(response.status === 200, step < 1, `${step}: ${body}`);
      if (step === 1) assert.match(body, new RegExp(`"code":"${code}"`));
    }
  });
}

const decoded: [name: string, limits: object, bytes: number, isRead: boolean][] = [
  [
    'below the bound on decoded bytes',
    { max_decoded_bytes: 200_000, max_decoded_ratio: 10_000 },
    199_999,
    true,
  ],
  ['at it', { max_decoded_bytes: 200_000, max_decoded_ratio: 10_000 }, 200_000, true],
  ['above it', { max_decoded_bytes: 200_000, max_decoded_ratio: 10_000 }, 200_001, false],
  ['below the bound on the ratio', { max_decoded_ratio: 1_000 }, 200_000, true],
  ['above it', { max_decoded_ratio: 10 }, 200_000, false],
];

test('an encoded request decodes within its bounds or is refused', async (context) => {
  for (const [name, limits, bytes, isRead] of decoded) {
    await context.test(`${name}: ${isRead ? 'passes' : 'is refused'}`, async (inner) => {
      const { gateway } = await startAnswering(inner, { config: { limits } });
      const frame = JSON.stringify(ask('')).length;
      const body = gzipSync(JSON.stringify(ask('x'.repeat(bytes - frame))));
      const response = await gateway.post(body, { headers: { 'content-encoding': 'gzip' } });
      assert.equal(response.status, isRead ? 200 : 400);
      if (!isRead) assert.match(await response.text(), /"code":"over_cap"/);
    });
  }
});

const covered: [name: string, limits: object, request: (step: -1 | 0 | 1) => object][] = [
  [
    'segments of an exchange',
    { max_segments: 5 },
    // The answer is one more.
    (step) => ({
      model: 'm',
      messages: Array.from({ length: 4 + step }, () => ({ role: 'user', content: 'hi' })),
    }),
  ],
  ['tokens of a segment', { max_segment_tokens: 10 }, (step) => ask('word '.repeat(10 + step).trim())],
];

for (const [name, limits, request] of covered) {
  test(`${name}: below and at the bound all is scanned, above it the rest is told as over the cap`, async (context) => {
    const { gateway } = await startAnswering(context, { config: { limits } });
    for (const step of [-1, 0, 1] as const) {
      const response = await gateway.post(request(step));
      assert.equal(response.status, 200);
      await response.text();
      const { coverage } = await gateway.recordOf(response);
      const isOver = coverage.some(({ reason }) => reason === 'over_cap');
      assert.equal(isOver, step === 1, JSON.stringify(coverage));
    }
  });
}

test('a line of a stream: below and at the bound it is read, above it it passes and is told', async (context) => {
  let line = '';
  const upstream = await startUpstream(context, (response) => {
    beginEvents(response);
    response.end(`${line}\n\ndata: [DONE]\n\n`);
  });
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    config: { limits: { max_line_bytes: 1_000 } },
  });
  const frame = chunk({ delta: { content: '' } }).trimEnd().length;
  for (const step of [-1, 0, 1]) {
    line = chunk({ delta: { content: 'x'.repeat(1_000 + step - frame) } }).trimEnd();
    assert.equal(line.length, 1_000 + step);
    const response = await gateway.post(ask('hello', { stream: true }));
    assert.equal(await response.text(), `${line}\n\ndata: [DONE]\n\n`);
    const { coverage } = await gateway.recordOf(response);
    assert.equal(
      coverage.some(({ reason }) => reason === 'over_cap'),
      step === 1,
    );
  }
});

const streamBounds: [name: string, config: (bytes: number) => Readonly<Record<string, object>>][] = [
  ['hold', (bytes) => ({ streaming: { enforcing: 'hold', hold_max_bytes: bytes } })],
  ['buffer', (bytes) => ({ streaming: { enforcing: 'buffer' }, limits: { max_decoded_bytes: bytes } })],
];

for (const [enforcing, config] of streamBounds) {
  test(`bytes of a stream that wait under ${enforcing}: below and at the bound they pass, above it the stream is refused`, async (context) => {
    let body = '';
    const upstream = await startUpstream(context, (response) => {
      beginEvents(response);
      response.end(body);
    });
    const rules = { 'a.yaml': ruleFile([rule({ mode: 'enforce', target: 'output' })]) };
    const gateway = await startGateway(context, { upstream: upstream.url, rules, config: config(2_000) });
    // One word, which only the stream's end ends: all of it waits until then.
    const said = (content: string) => `${chunk({ delta: { content } })}data: [DONE]\n\n`;
    for (const step of [-1, 0, 1] as const) {
      body = said('x'.repeat(2_000 + step - said('').length));
      assert.equal(body.length, 2_000 + step);
      const response = await gateway.post(ask('hello', { stream: true }));
      const text = await response.text();
      assert.equal(response.status, step < 1 ? 200 : 502, text);
      if (step < 1) assert.equal(text, body);
      else assert.match(text, /"code":"unscannable"/);
      const { coverage } = await gateway.recordOf(response);
      assert.equal(
        coverage.some(({ reason }) => reason === 'over_cap'),
        step === 1,
      );
    }
  });
}
