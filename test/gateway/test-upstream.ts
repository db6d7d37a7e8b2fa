import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

/** One request as it reached the upstream. */
export interface Arrived {
  readonly method: string;
  readonly target: string;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

export interface TestUpstream {
  readonly url: string;
  readonly arrived: Arrived[];
  /** How many of the connections that answers went out on were closed before the end. */
  readonly aborted: () => number;
  close(): Promise<void>;
}

export type Answer = (response: ServerResponse, request: Arrived) => void | Promise<void>;

/** A real HTTP server that answers as the test says. */
export async function startUpstream(context: TestContext, answer: Answer): Promise<TestUpstream> {
  const arrived: Arrived[] = [];
  let aborted = 0;
  const server = createServer(async (request, response) => {
    response.on('close', () => {
      if (!response.writableFinished) aborted += 1;
    });
    const body = await bytesOf(request);
    const one = {
      method: request.method ?? '',
      target: request.url ?? '',
      rawHeaders: request.rawHeaders,
      body,
    };
    arrived.push(one);
    await answer(response, one);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const close = async () => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  context.after(close);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrived,
    aborted: () => aborted,
    close,
  };
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts);
}

/** A whole completion with these contents, one a choice. */
export function completion(...contents: readonly string[]): object {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'test-model',
    choices: contents.map((content, index) => ({
      index,
      message: { role: 'assistant', content },
      finish_reason: 'stop',
    })),
    usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 },
  };
}

/** The events of a streamed completion of one choice, a word an event. */
export function events(content: string): string[] {
  const words = content.match(/\s*\S+/g) ?? [];
  return [
    chunk({ delta: { role: 'assistant', content: '' }, finish_reason: null }),
    ...words.map((word) => chunk({ delta: { content: word }, finish_reason: null })),
    chunk({ delta: {}, finish_reason: 'stop' }),
    'data: [DONE]\n\n',
  ];
}

export function chunk(choice: object): string {
  const body = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'test-model' };
  return `data: ${JSON.stringify({ ...body, choices: [{ index: 0, ...choice }] })}\n\n`;
}

export function answerJson(response: ServerResponse, body: object, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

export function beginEvents(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
}

/** A request of one message. */
export function ask(content: string, more: object = {}): object {
  return { model: 'test-model', messages: [{ role: 'user', content }], ...more };
}
