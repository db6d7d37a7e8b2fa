import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate as nextTick, setTimeout as sleep } from 'node:timers/promises';
import { type ChatRequest, chatRequestSchema } from './chat-request.ts';
import { type Answer, answerChat, completionChunks, completionObject, DEMO_MODEL } from './completion.ts';
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

/** Starts the demo upstream: an OpenAI-compatible endpoint on loopback, over real HTTP, that answers from a small set
 *  of written replies, some of which express deception or power-seeking. It is no model and says so in the header
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
  const path = (request.url ?? '').split('?')[0];
  if (request.method === 'GET' && path === '/v1/models') {
    return sendJson(response, 200, { object: 'list', data: [modelObject()] });
  }
  if (request.method === 'GET' && path === `/v1/models/${DEMO_MODEL}`) {
    return sendJson(response, 200, modelObject());
  }
  if (path !== '/v1/chat/completions') return sendError(response, 404, `The demo upstream has no ${path}`);
  if (request.method !== 'POST') return sendError(response, 405, `${path} takes POST, not ${request.method}`);
  const body = await readBody(request, MAX_BODY_BYTES);
  if (body === null) return sendError(response, 413, `The body is larger than ${MAX_BODY_BYTES} bytes`);
  const chat = parseChat(body);
  if (typeof chat === 'string') return sendError(response, 400, chat);
  if (chat.stream !== true) return sendJson(response, 200, completionObject(answerChat(chat)));
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache',
    ...DEMO_HEADERS,
  });
  const includesUsage = chat.stream_options?.include_usage === true;
  await pipeline(Readable.from(events(answerChat(chat), includesUsage, delayMs)), response);
}

/** The request, or what is wrong with it. */
function parseChat(body: string): ChatRequest | string {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (error) {
    return `The body is not JSON: ${(error as Error).message}`;
  }
  const parsed = chatRequestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  return parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`).join('; ');
}

async function* events(answer: Answer, includesUsage: boolean, delayMs: number): AsyncGenerator<string> {
  for (const chunk of completionChunks(answer, includesUsage)) {
    await (delayMs > 0 ? sleep(delayMs) : nextTick());
    yield `data: ${JSON.stringify(chunk)}\n\n`;
  }
  yield 'data: [DONE]\n\n';
}

function modelObject() {
  return { id: DEMO_MODEL, object: 'model', created: 1_795_651_200, owned_by: 'telltale' };
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response
    .writeHead(status, { 'content-type': 'application/json', ...DEMO_HEADERS })
    .end(JSON.stringify(body));
}

function sendError(response: ServerResponse, status: number, message: string): void {
  sendJson(response, status, { error: { message, type: 'invalid_request_error', param: null, code: null } });
}
