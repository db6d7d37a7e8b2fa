import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { reportToDriver } from './report-to-driver.ts';

const WORDS = 'the river runs past the old mill and on to the sea where small boats wait for the tide'.split(
  ' ',
);
const head = { id: 'chatcmpl-bench', created: 1, model: 'bench' };
const whole = JSON.stringify({
  ...head,
  object: 'chat.completion',
  choices: [{ index: 0, message: { role: 'assistant', content: WORDS.join(' ') }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 8, completion_tokens: WORDS.length, total_tokens: 8 + WORDS.length },
});
const events = [
  ...WORDS.map((word) => ({ delta: { content: `${word} ` }, finish_reason: null })),
  { delta: {}, finish_reason: 'stop' },
].map((choice) => {
  const chunk = { ...head, object: 'chat.completion.chunk', choices: [{ index: 0, ...choice }] };
  return `data: ${JSON.stringify(chunk)}\n\n`;
});

/** Answers at once: a short completion, or the same as a stream of 20 events. */
const server = createServer(async (request, response) => {
  let body = '';
  for await (const part of request) body += part;
  if (!body.includes('"stream":true')) {
    response.writeHead(200, { 'content-type': 'application/json' }).end(whole);
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const event of events) response.write(event);
  response.end('data: [DONE]\n\n');
});
await once(server.listen(0, '127.0.0.1'), 'listening');
reportToDriver(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
