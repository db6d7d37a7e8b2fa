import { once } from 'node:events';
import { Agent, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import express from 'express';
import { reportToDriver, settings } from './report-to-driver.ts';

const { upstream } = settings<{ upstream: string }>();
const agent = new Agent({ keepAlive: true });
const app = express();

/** The least that a proxy can do: Express for the route, `http` for the rest. */
app.post('/v1/chat/completions', async (request, response) => {
  const headers = { ...request.headers, host: new URL(upstream).host };
  const sent = send(`${upstream}${request.url}`, { method: 'POST', headers, agent });
  const answered = once(sent, 'response');
  await pipeline(request, sent);
  const [answer] = await answered;
  response.writeHead(answer.statusCode, answer.headers);
  await pipeline(answer, response);
});
const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
reportToDriver(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
