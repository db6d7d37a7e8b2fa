import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTurns } from '../../gateway/conversation/turns.ts';
import { messageItem, responseEvents, wholeResponse } from './responses-stream.ts';
import { startGateway } from './start-gateway.ts';
import { answerJson, beginEvents, startUpstream } from './test-upstream.ts';

test('the answers that nobody went on from for longest are forgotten', () => {
  const turns = createTurns(2);
  turns.note('a', 'one');
  turns.note('b', 'two');
  assert.equal(turns.conversationOf('a'), 'one');
  turns.note('c', 'three');
  assert.deepEqual(['a', 'b', 'c'].map(turns.conversationOf), ['one', null, 'three']);
});

test('a request that goes on from an answer is of its conversation, streamed or not, over all turns', async (context) => {
  let turn = 0;
  const upstream = await startUpstream(context, (response, { body }) => {
    turn += 1;
    const id = `resp_${turn}`;
    const items = [messageItem('msg_1', [['fine']])];
    if (!body.includes('"stream":true')) return answerJson(response, { ...wholeResponse(items), id });
    beginEvents(response);
    response.end(responseEvents(items).join('').replaceAll('"resp_1"', `"${id}"`));
  });
  const gateway = await startGateway(context, { upstream: upstream.url });
  const conversationOf = async (body: object) => {
    const response = await fetch(`${gateway.url}/v1/responses`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'm', ...body }),
    });
    await response.text();
    return (await gateway.recordOf(response)).conversationId;
  };
  const first = await conversationOf({ input: 'hello' });
  const second = await conversationOf({ input: 'go on', previous_response_id: 'resp_1', stream: true });
  turn = 1;
  const fetched = await fetch(`${gateway.url}/v1/responses/resp_2`);
  await fetched.text();
  assert.equal((await gateway.recordOf(fetched)).conversationId, first);
  const third = await conversationOf({ input: 'and on', previous_response_id: 'resp_2' });
  assert.match(first, /^c-/);
  assert.deepEqual([second, third], [first, first]);
  assert.equal(await conversationOf({ input: 'go on', previous_response_id: 'resp_0' }), 'resp_0');
  assert.equal(await conversationOf({ input: 'go on', conversation: { id: 'conv_1' } }), 'conv_1');
});
