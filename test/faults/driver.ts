import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

/** One exchange as the client saw it, from nothing but what the client sent and got. */
export interface Sent {
  readonly serial: number;
  readonly conversation: string;
  /** What the upstream answers, and whether it must alert. */
  readonly answer: string;
  readonly isExpected: boolean;
  /** Whether the client has seen the end. */
  isAcknowledged: boolean;
  exchangeId: string | null;
}

/** Sends exchanges with known findings and keeps its own record. */
export interface Driver {
  readonly sent: ReadonlyMap<number, Sent>;
  acknowledged(): number;
  /** Ids of the exchanges that were acknowledged and must alert. */
  expected(): (string | null)[];
  /** One more exchange in a conversation of its own, and again until one that alerts is acknowledged. */
  sendOne(gateway: number): Promise<Sent>;
  /** No new exchanges; resolves when those under way have ended. */
  stop(): Promise<void>;
  close(): void;
}

export interface DriverOptions {
  /** Base URLs; conversation n is with gateway n modulo their number. */
  readonly gateways: readonly string[];
  /** Whether each exchange goes to any of the gateways instead: they share a store. */
  readonly isHopping?: boolean;
  readonly conversations: number;
  /** Between two exchanges of a conversation. */
  readonly pauseMs: number;
}

const TIMEOUT_MS = 30_000;

const answerTo = (serial: number, isExpected: boolean) =>
  `answer ${serial} I ${isExpected ? 'deceive' : 'help'} you`;

/** The upstream that repeats what it is asked to say, in one piece or as a stream. */
export async function startEcho(): Promise<{ url: string; close(): void }> {
  const server = createServer(async (request, response) => {
    const { messages, stream } = JSON.parse(await text(request));
    const content = String(messages.at(-1).content).slice('say: '.length);
    if (stream !== true) {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ choices: [{ index: 0, message: { role: 'assistant', content } }] }));
      return;
    }
    response.setHeader('content-type', 'text/event-stream');
    for (const word of content.split(/(?<= )/)) {
      response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: word } }] })}\n\n`);
    }
    response.end(`data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n`);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

/** Begins at once; the conversations go on side by side, the exchanges of each one after the other. */
export function startDriver({ gateways, isHopping, conversations, pauseMs }: DriverOptions): Driver {
  const sent = new Map<number, Sent>();
  let isStopping = false;
  const urlFor = (index: number) => gateways[index % gateways.length] ?? '';
  const anyUrl = () => urlFor(Math.floor(Math.random() * gateways.length));
  const send = async (index: number, url: string): Promise<Sent> => {
    const serial = sent.size;
    const isExpected = serial % 3 !== 0;
    const answer = answerTo(serial, isExpected);
    const conversation = `conversation-${index}`;
    const one: Sent = { serial, conversation, answer, isExpected, isAcknowledged: false, exchangeId: null };
    sent.set(serial, one);
    await exchange(url, one).catch(() => {});
    return one;
  };
  const converse = async (index: number): Promise<void> => {
    while (!isStopping) {
      const { isAcknowledged } = await send(index, isHopping ? anyUrl() : urlFor(index));
      await sleep(isAcknowledged ? pauseMs : pauseMs + 100);
    }
  };
  const running = Promise.all(Array.from({ length: conversations }, (_, index) => converse(index)));
  return {
    sent,
    acknowledged: () => [...sent.values()].filter(({ isAcknowledged }) => isAcknowledged).length,
    expected: () =>
      [...sent.values()]
        .filter(({ isAcknowledged, isExpected }) => isAcknowledged && isExpected)
        .map(({ exchangeId }) => exchangeId),
    async sendOne(gateway) {
      for (;;) {
        const one = await send(conversations + gateway, urlFor(gateway));
        if (one.isAcknowledged && one.isExpected) return one;
      }
    },
    async stop() {
      isStopping = true;
      await running;
    },
    close() {
      isStopping = true;
    },
  };
}

async function exchange(url: string, one: Sent): Promise<void> {
  const isStreamed = one.serial % 2 === 0;
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-telltale-conversation-id': one.conversation },
    body: JSON.stringify({
      model: 'm',
      stream: isStreamed,
      messages: [{ role: 'user', content: `say: ${one.answer}` }],
    }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  one.exchangeId = response.headers.get('x-telltale-exchange-id');
  const body = await response.text();
  const isWhole = isStreamed ? body.endsWith('data: [DONE]\n\n') : body.endsWith('}');
  one.isAcknowledged = response.status === 200 && isWhole && !body.includes('"error"');
}
