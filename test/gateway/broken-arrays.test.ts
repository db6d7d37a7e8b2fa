import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createArraySplitter } from '../../gateway/reading/split-array.ts';
import { rule, ruleFile, startGateway } from './start-gateway.ts';
import { startUpstream } from './test-upstream.ts';

const item = (text: string) =>
  JSON.stringify({ candidates: [{ index: 0, content: { role: 'model', parts: [{ text }] } }] });
const BODY = JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'hello' }] }] });
const FIRST = 'these are fine words and';

const observing = ruleFile([rule()]);
const enforcing = ruleFile([rule({ mode: 'enforce', target: 'output' })]);

/** What a client gets of an array of which the upstream sends so much and breaks off once that is read. */
async function readBroken(context: TestContext, sent: string, rules: string): Promise<string> {
  let cut = () => {};
  const upstream = await startUpstream(context, (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write(sent);
    cut = () => void response.destroy();
  });
  const gateway = await startGateway(context, { upstream: upstream.url, rules: { 'a.yaml': rules } });
  const response = await fetch(`${gateway.url}/v1beta/models/m:streamGenerateContent`, {
    method: 'POST',
    body: BODY,
  });
  let received = '';
  await assert.rejects(async () => {
    for await (const part of response.body ?? []) {
      received += Buffer.from(part).toString();
      if (received.includes(FIRST)) cut();
    }
  });
  return received;
}

const cuts: [name: string, sent: string, rules: string][] = [
  ['after an item', `[${item(FIRST)}`, observing],
  ['after a comma', `[${item(FIRST)},\r\n`, observing],
  ['after an item, held', `[${item(FIRST)},\r\n${item(' more')}`, enforcing],
];

for (const [name, sent, rules] of cuts) {
  test(`an array that the upstream breaks off ${name} ends with an error as its last item, and with the connection`, async (context) => {
    const items = JSON.parse(await readBroken(context, sent, rules)) as { error?: { code: number } }[];
    assert.deepEqual(
      items.map((one) => one.error?.code ?? null),
      [null, 502],
    );
  });
}

test('an array that breaks off inside of an item has no room for an error, and is no JSON', async (context) => {
  const sent = `[${item(FIRST)},{"candidates":[{"con`;
  const received = await readBroken(context, sent, observing);
  assert.ok(received.includes(FIRST) && sent.startsWith(received), received);
});

test('what stands before one more item of an array follows from what came, however it was cut', () => {
  const leads: [text: string, lead: string | null][] = [
    ['', '['],
    [' ', '['],
    ['[', ''],
    ['[ \n', ''],
    ['[{', null],
    ['[{}', ','],
    ['[{} ', ','],
    ['[{},', ''],
    ['[{},{"a":"]', null],
    ['[{},{"a":"]"}', ','],
    ['[{}]', ','],
    ['[]', ''],
  ];
  for (const [text, lead] of leads) {
    for (const size of [1, 2, 100]) {
      const splitter = createArraySplitter(1_000);
      for (let at = 0; at < text.length; at += size) splitter.push(Buffer.from(text.slice(at, at + size)));
      assert.equal(splitter.lead(), lead, JSON.stringify(text));
    }
  }
});
