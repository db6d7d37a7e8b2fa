import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import type { UnscannedReason } from '../../alerts/index.ts';
import { recordWithin, rule, ruleFile, startGateway, type TestGateway } from './start-gateway.ts';
import { answerJson, ask, beginEvents, chunk, completion, startUpstream } from './test-upstream.ts';
import { until } from './until.ts';

interface Case {
  readonly path?: string;
  readonly body: unknown;
  /** What is answered where it is not a fine completion. */
  readonly answer?: (response: ServerResponse) => void;
  /** The client leaves once something of the answer has come. */
  readonly leaves?: true;
}

const part = (type: string): Case => ({
  body: { messages: [{ role: 'user', content: [{ type, [type]: { url: 'https://example.test/a' } }] }] },
});
const streamed = (text: string, isCut: boolean): Case => ({
  body: ask('hello', { stream: true }),
  answer(response) {
    beginEvents(response);
    response.write(text, () => (isCut ? response.destroy() : response.end('data: [DONE]\n\n')));
  },
});
const begun = chunk({ delta: { content: 'well' } });

/** How each reason comes about; the compiler asks for all of them. */
const CASES: Readonly<Record<Exclude<UnscannedReason, 'no_rules'>, Case>> = {
  image: part('image_url'),
  audio: part('input_audio'),
  file: part('file'),
  unknown_part: part('hologram'),
  token_array: { path: '/v1/completions', body: { prompt: [9906, 1917] } },
  over_cap: { body: ask('so many words that it is more than may be read of one text') },
  unknown_dialect: { path: '/v2/unheard/of', body: {} },
  unknown_encoding: {
    body: ask('hello'),
    answer: (response) => void response.writeHead(200, { 'content-encoding': 'rot13' }).end('uryyb'),
  },
  bad_json: { body: '{"messages":[' },
  duplicate_key: { body: '{"messages":[{"role":"user","content":"a","content":"b"}]}' },
  bad_shape: { body: { messages: 'none' } },
  bad_utf8: { body: Buffer.from([0x22, 0xff, 0x22]) },
  bad_sse: streamed(`${begun}no field of ours: psst\n\n`, false),
  depth: { body: `${'['.repeat(70)}${']'.repeat(70)}` },
  timeout: { body: ask('fail:TIMEOUT') },
  queue_full: { body: ask('fail:QUEUE_FULL') },
  worker_died: { body: ask('fail:WORKER_DIED') },
  non_finite: { body: ask('fail:NON_FINITE') },
  error: { body: ask('fail:SHAPE_MISMATCH') },
  upstream_cut: streamed(begun, true),
  client_gone: {
    body: ask('hello', { stream: true }),
    answer(response) {
      beginEvents(response);
      response.write(begun);
    },
    leaves: true,
  },
};

async function send({ url }: TestGateway, { path = '/v1/chat/completions', body, leaves }: Case) {
  const leaving = new AbortController();
  const bytes = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: bytes as never,
    signal: leaving.signal,
  });
  if (leaves) {
    await response.body?.getReader().read();
    leaving.abort();
  } else await response.text().catch(() => {});
  return response.headers.get('x-telltale-exchange-id') ?? '';
}

async function countOf(gateway: TestGateway, reason: string): Promise<number> {
  const counted = new RegExp(
    `^telltale_unscanned_segments_total\\{[^}]*reason="${reason}"[^}]*\\} (\\d+)`,
    'm',
  );
  return Number(counted.exec(await gateway.metrics())?.[1] ?? 0);
}

test('every reason for which text is not scanned comes about, is recorded, and is counted as often', async (context) => {
  let current: Case = { body: '' };
  const upstream = await startUpstream(context, (response) => {
    if (current.answer === undefined) answerJson(response, completion('fine'));
    else current.answer(response);
  });
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    config: { limits: { max_segment_tokens: 10 }, policy: { unknown_path: 'pass' } },
  });
  for (const [reason, one] of Object.entries(CASES)) {
    current = one;
    const record = await recordWithin(gateway, await send(gateway, one));
    const told = record.coverage.filter((entry) => entry.reason === reason);
    assert.ok(told.length > 0, `${reason}: ${JSON.stringify(record.coverage)}`);
    assert.ok(told.every(({ status }) => status !== 'scanned'));
    await until(async () => (await countOf(gateway, reason)) === told.length);
  }
});

test('what no rule reads is recorded with that reason, and counted', async (context) => {
  const upstream = await startUpstream(context, (response) => answerJson(response, completion('fine')));
  const rules = { 'a.yaml': ruleFile([rule({ target: 'output' })]) };
  const gateway = await startGateway(context, { upstream: upstream.url, rules });
  const { coverage } = await gateway.recordOf(await gateway.post(ask('hello')));
  assert.deepEqual(
    coverage.map(({ segmentId, reason }) => [segmentId, reason]),
    [
      ['request/messages/0/content', 'no_rules'],
      ['response/choices/0/message/content', null],
    ],
  );
  await until(async () => (await countOf(gateway, 'no_rules')) === 1);
});
