import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { type TestContext, test } from 'node:test';
import { rule, ruleFile, startGateway } from './start-gateway.ts';
import { ask, beginEvents, chunk, events, startUpstream } from './test-upstream.ts';
import { until } from './until.ts';

const PIECE = 64 * 1024;

/** Writes for as long as the other side takes it. */
async function writeForEver(response: ServerResponse, piece: string): Promise<void> {
  const endless = function* () {
    for (;;) yield piece;
  };
  await pipeline(endless, response).catch(() => {});
}

async function startPassing(context: TestContext, answer: (response: ServerResponse) => void) {
  const upstream = await startUpstream(context, answer);
  const rules = { 'a.yaml': ruleFile([rule({ mode: 'enforce', target: 'output' })]) };
  return async (enforcing: 'hold' | 'buffer') => {
    const gateway = await startGateway(context, {
      upstream: upstream.url,
      rules,
      config: {
        limits: { max_decoded_bytes: 100_000 },
        policy: { on_unscannable: { enforce: 'pass' } },
        streaming: { enforcing, hold_max_bytes: 100_000 },
      },
    });
    const response = await gateway.post(ask('hello', { stream: true }));
    return { gateway, response, upstream };
  };
}

for (const enforcing of ['hold', 'buffer'] as const) {
  test(`under ${enforcing} bytes without end after the last event do not pile up where policy lets all pass`, async (context) => {
    const sent = events('fine words').join('');
    const start = await startPassing(context, async (response) => {
      beginEvents(response);
      response.write(sent);
      await writeForEver(response, `: ${'x'.repeat(PIECE)}\n\n`);
    });
    const { gateway, response, upstream } = await start(enforcing);
    const text = await response.text();
    assert.ok(text.startsWith(sent));
    await until(() => upstream.aborted() === 1);
    const { coverage } = await gateway.recordOf(response);
    assert.ok(coverage.some(({ reason }) => reason === 'over_cap'));
  });

  test(`under ${enforcing} an event without end is given up with an error where policy lets all pass`, async (context) => {
    const start = await startPassing(context, async (response) => {
      beginEvents(response);
      response.write(chunk({ delta: { content: 'fine words go on' } }));
      await writeForEver(response, `data: ${'x'.repeat(PIECE)}\n`);
    });
    const { gateway, response, upstream } = await start(enforcing);
    let text = '';
    const decoder = new TextDecoder();
    await assert.rejects(async () => {
      for await (const part of response.body ?? []) text += decoder.decode(part, { stream: true });
      // An answer that had not begun is an error of its own, whole.
      if (response.status >= 500) throw new Error('refused');
    });
    assert.match(text, /an event of more than \d+ bytes has no end/);
    assert.doesNotMatch(text, /\[DONE\]/);
    await until(() => upstream.aborted() === 1);
    const { coverage } = await gateway.recordOf(response);
    assert.ok(coverage.some(({ reason }) => reason === 'over_cap'));
  });
}
