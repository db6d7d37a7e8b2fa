import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { test } from 'node:test';
import { startGateway } from './start-gateway.ts';
import { answerJson, ask, beginEvents, chunk, completion, startUpstream } from './test-upstream.ts';
import { until } from './until.ts';

/** A connection that was reset before a byte came of it. The kernel may have finished it while the first gateway was
 *  closing its socket: whoever accepts connections cannot know of it, and clients try again. */
class NeverAccepted extends Error {}

/** Posts again and again, on a connection of its own that is kept or on a new one each time. */
function createClient(url: string, isKept: boolean) {
  const agent = new Agent({ keepAlive: isKept, maxSockets: 1 });
  const seen: (number | string)[] = [];
  let isWanted = true;
  async function post(): Promise<void> {
    const sent = request(`${url}/v1/chat/completions`, { method: 'POST', agent });
    sent.end(JSON.stringify(ask('hello')));
    const answered = once(sent, 'response').catch((error: NodeJS.ErrnoException) => {
      const isNew = !sent.reusedSocket && sent.socket?.bytesRead === 0;
      throw isNew && error.code === 'ECONNRESET' ? new NeverAccepted() : error;
    });
    const [response] = (await answered) as [IncomingMessage];
    for await (const _part of response) void _part;
    seen.push(response.statusCode ?? 0);
  }
  async function run(): Promise<void> {
    const note = (error: Error) => (error instanceof NeverAccepted ? 0 : seen.push(error.message));
    while (isWanted) await post().catch(note);
    agent.destroy();
  }
  const done = run();
  return {
    seen,
    async stop() {
      isWanted = false;
      await done;
    },
  };
}

test('a second gateway behind the same port takes over, and no request that was accepted fails', async (context) => {
  let finish = () => {};
  const upstream = await startUpstream(context, async (response, { body }) => {
    if (!body.includes('"stream":true')) return answerJson(response, completion('fine'));
    beginEvents(response);
    response.write(chunk({ delta: { content: 'begun' } }));
    await new Promise<void>((resolve) => {
      finish = resolve;
    });
    response.end('data: [DONE]\n\n');
  });
  const first = await startGateway(context, {
    upstream: upstream.url,
    config: { server: { reuse_port: true } },
  });
  const { url } = first;
  const clients = [true, true, false].map((isKept) => createClient(url, isKept));
  await until(() => clients.every(({ seen }) => seen.length > 0));
  const streaming = await first.post(ask('hello', { stream: true }));
  const port = Number(new URL(url).port);
  const second = await startGateway(context, {
    upstream: upstream.url,
    config: { server: { port, reuse_port: true } },
  });
  const stopped = first.stop();
  await until(() => second.inFlight() > 0);
  finish();
  assert.match(await streaming.text(), /begun[\s\S]*\[DONE\]/);
  await stopped;
  const before = clients.map(({ seen }) => seen.length);
  await until(() => clients.every(({ seen }, index) => seen.length > (before[index] ?? 0) + 2));
  for (const client of clients) await client.stop();
  const failures = clients.flatMap(({ seen }) => seen.filter((status) => status !== 200));
  assert.deepEqual(failures, []);
});

test('without being told so, a port that is taken stays an error', async (context) => {
  const first = await startGateway(context, { config: { server: { reuse_port: true } } });
  const port = Number(new URL(first.url).port);
  await assert.rejects(startGateway(context, { config: { server: { port } } }), /cannot listen on/);
});
