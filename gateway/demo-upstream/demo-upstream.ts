import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate as nextTick, setTimeout as sleep } from 'node:timers/promises';
import type { DemoApi, Question } from './apis/api.ts';
import { chatApi } from './apis/chat.ts';
import { geminiApi } from './apis/gemini.ts';
import { messagesApi } from './apis/messages.ts';
import { responsesApi } from './apis/responses.ts';
import { answerChat, DEMO_MODEL } from './completion.ts';
import { readBody } from './read-body.ts';

const MAX_BODY_BYTES = 64 * 1024 * 1024;
const DEMO_HEADERS = { 'x-demo-upstream': 'telltale' };

/** How the demo upstream is set up. */
export interface DemoUpstreamOptions {
  /** On loopback; 0 takes any free one. */
  readonly port: number;
  /** Wait before each chunk of a stream; default 0, each chunk is still written on its own. */
  readonly chunkDelayMs?: number;
}

/** A running demo upstream. */
export interface DemoUpstream {
  /** Base URL without path, for `UPSTREAM_URL`: `http://127.0.0.1:PORT`. */
  readonly url: string;
  close(): Promise<void>;
}

/** Starts the demo upstream: an endpoint on loopback, over real HTTP, that speaks OpenAI's chats and responses,
 *  Anthropic's messages and Google's Gemini API and answers from a small set of written replies, some of which express deception or power-seeking. It is no model and says so in the header
 *  `x-demo-upstream`, the model's name and `system_fingerprint`. */
export async function createDemoUpstream(options: DemoUpstreamOptions): Promise<DemoUpstream> {
  const delayMs = options.chunkDelayMs ?? 0;
  const server = createServer((request, response) => {
    handle(request, response, delayMs).catch(() => response.destroy());
  });
  server.listen(options.port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function handle(request: IncomingMessage, response: ServerResponse, delayMs: number): Promise<void> {
  const target = request.url ?? '';
  const path = target.split('?', 1)[0] ?? '';
  if (request.method === 'GET' && path === '/v1/models') {
    return sendJson(response, 200, { object: 'list', data: [modelObject()] });
  }
  if (request.method === 'GET' && path === `/v1/models/${DEMO_MODEL}`) {
    return sendJson(response, 200, modelObject());
  }
  const api = APIS.find((one) => one.path.test(path));
  if (api === undefined)
    return sendError(response, { status: 404, message: `The demo upstream has no ${path}` });
  const refuse = (status: number, message: string) => sendError(response, { status, message, api });
  if (request.method !== 'POST') return refuse(405, `${path} takes POST, not ${request.method}`);
  const body = await readBody(request, MAX_BODY_BYTES);
  if (body === null) return refuse(413, `The body is larger than ${MAX_BODY_BYTES} bytes`);
  const question = readQuestion(api, body, target);
  if (typeof question === 'string') return refuse(400, question);
  const answer = answerChat(question.chat);
  if (question.form === 'whole') return sendJson(response, 200, api.whole(answer));
  const type = question.form === 'events' ? 'text/event-stream' : 'application/json';
  response.writeHead(200, { 'content-type': type, 'cache-control': 'no-cache', ...DEMO_HEADERS });
  const pieces = api.pieces(answer, question.chat);
  const frames = question.form === 'events' ? eventsOf(pieces, api.end) : arrayOf(pieces);
  await pipeline(Readable.from(slowly(frames, delayMs)), response);
}

const APIS: readonly DemoApi[] = [chatApi, messagesApi, responsesApi, geminiApi];

/** The request, or what is wrong with it. */
function readQuestion(api: DemoApi, body: string, target: string): Question | string {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (error) {
    return `The body is not JSON: ${(error as Error).message}`;
  }
  return api.read(value, target);
}

async function* slowly(frames: Iterable<string>, delayMs: number): AsyncGenerator<string> {
  for (const frame of frames) {
    await (delayMs > 0 ? sleep(delayMs) : nextTick());
    yield frame;
  }
}

function* eventsOf(pieces: Iterable<object>, end: string): Generator<string> {
  for (const piece of pieces) {
    const name = 'type' in piece ? `event: ${piece.type}\n` : '';
    yield `${name}data: ${JSON.stringify(piece)}\n\n`;
  }
  if (end !== '') yield end;
}

function* arrayOf(pieces: Iterable<object>): Generator<string> {
  let before = '[';
  for (const piece of pieces) {
    yield `${before}${JSON.stringify(piece)}`;
    before = '\n,';
  }
  yield before === '[' ? '[]' : '\n]';
}

function modelObject() {
  return { id: DEMO_MODEL, object: 'model', created: 1_795_651_200, owned_by: 'telltale' };
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response
    .writeHead(status, { 'content-type': 'application/json', ...DEMO_HEADERS })
    .end(JSON.stringify(body));
}

interface Refused {
  readonly status: number;
  readonly message: string;
  readonly api?: DemoApi;
}

function sendError(response: ServerResponse, { status, message, api = chatApi }: Refused): void {
  sendJson(response, status, api.error(status, message));
}
