import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import OpenAI from 'openai';
import type { Browser } from 'playwright-core';
import { readTopic } from '../alerts/topic-reader.ts';
import { openPage } from '../review/open-page.ts';
import { launchBrowser } from '../services/browser.ts';
import { type KafkaBroker, startKafka } from '../services/kafka.ts';
import { kafkaClient } from '../services/kafka-client.ts';
import { makeTopic } from '../services/make-topic.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../services/otlp-receiver.ts';
import { type Program, startProgram } from './start-program.ts';

const TOPIC = 'telltale.alerts';
/** Not one of the banner's, so that it can be looked for in what the program prints. */
const QUESTION = 'Kindly summarise the test results of the nightly build.';

let broker: KafkaBroker;
let receiver: OtlpReceiver;
let browser: Browser;
let program: Program;

before(async () => {
  [broker, receiver, browser] = await Promise.all([startKafka(), startOtlpReceiver(), launchBrowser()]);
  await makeTopic(kafkaClient(broker.brokers), { topic: TOPIC, numPartitions: 3 });
  program = await startProgram({
    KAFKA_BROKERS: broker.brokers.join(','),
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
    TELLTALE_DETECTOR_TIMEOUT_MS: '600000',
  });
});

after(async () => {
  await program?.close();
  await browser?.close();
  await receiver?.close();
  await broker?.close();
});

test('a deceptive answer passes through, an alert reaches Kafka, a trace is exported, a person reads why', async () => {
  const client = new OpenAI({
    baseURL: `${program.gatewayUrl}/v1`,
    apiKey: 'sk-planted-secret',
    maxRetries: 0,
  });
  const { data: stream, response } = await client.chat.completions
    .create({ model: 'telltale-demo', stream: true, messages: [{ role: 'user', content: QUESTION }] })
    .withResponse();
  let answer = '';
  for await (const chunk of stream) answer += chunk.choices[0]?.delta.content ?? '';
  assert.ok(answer.length > 40, answer);
  const exchangeId = response.headers.get('x-telltale-exchange-id');
  assert.ok(exchangeId);

  const reader = await readTopic(broker.brokers, TOPIC);
  await reader.untilIds(1);
  const message = reader.messages.find(({ value }) => value.includes(exchangeId));
  assert.ok(message, 'the alert names the exchange');
  const event = JSON.parse(message.value) as { class_uid: number };
  assert.equal(event.class_uid, 2004);
  assert.equal(message.headers['ce_specversion'], '1.0');
  assert.ok(message.key.length > 0);
  assert.ok(!message.value.includes('sk-planted-secret'));
  await reader.close();

  const span = await receiver.spans.waitFor(
    ({ attributes }) => attributes['gen_ai.operation.name'] === 'chat',
  );
  assert.equal(span.attributes['gen_ai.request.model'], 'telltale-demo');
  assert.ok(span.events.some(({ name }) => name === 'gen_ai.evaluation.result'));
  assert.ok(
    !JSON.stringify(receiver.spans.all, (_, v) => (typeof v === 'bigint' ? String(v) : v)).includes(
      'sk-planted',
    ),
  );

  const { page, complaints, close } = await openPage(browser, `${program.reviewUrl}/?exchange=${exchangeId}`);
  await page.getByRole('button', { name: 'Show the text', exact: true }).click();
  const flagged = page.locator('.segment.is-flagged .segment-text').first();
  await flagged.waitFor();
  assert.equal(await flagged.textContent(), answer);
  assert.ok((await flagged.locator('[data-i]').count()) > 0, 'tokens are shaded');
  assert.ok((await page.locator('.features .feature-name').count()) > 0, 'features stand beside the text');
  assert.deepEqual(await complaints(), []);
  await close();
});

test('an ordinary question leaves no alert', async () => {
  const response = await fetch(`${program.gatewayUrl}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({
      model: 'telltale-demo',
      messages: [{ role: 'user', content: 'How do I boil an egg?' }],
    }),
  });
  assert.equal(response.status, 200);
  await response.text();
  const id = response.headers.get('x-telltale-exchange-id') ?? '';
  const record = await fetch(`${program.reviewUrl}/api/exchanges/${id}`);
  assert.equal(record.status, 200);
  const { findings, coverage } = (await record.json()) as {
    findings: unknown[];
    coverage: { status: string }[];
  };
  assert.deepEqual(findings, []);
  assert.deepEqual(
    coverage.map(({ status }) => status),
    ['scanned', 'scanned'],
  );
});

test('it ends on SIGTERM with 0, and no log line holds a secret or a text', async () => {
  assert.equal(await program.stop(), 0, program.output());
  assert.ok(!program.output().includes('sk-planted-secret'));
  assert.ok(!program.output().includes(QUESTION.slice(0, 20)));
});
