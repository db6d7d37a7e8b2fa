import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { errors } from 'undici';
import type { Question } from './ask-over.ts';
import type { UpstreamAnswer, UpstreamFailure } from './create-upstream.ts';
import { answerTrailers, type RawHeaders } from './headers.ts';
import type { UpstreamSettings } from './open-dispatcher.ts';
import { upstreamFailure } from './upstream-failure.ts';

export interface TrailingQuestion extends Omit<Question, 'request'> {
  readonly agent: http.Agent;
  readonly origin: string;
  readonly settings: UpstreamSettings;
  readonly method: string;
  readonly path: string;
  readonly headers: RawHeaders;
  readonly body: Buffer;
  /** What follows the body. */
  readonly trailers: RawHeaders;
}

/** Asks with trailers, which only a body in chunks has. By Node's own client, since undici can send none; a connection
 *  for each, since hardly anybody has any. */
export function askWithTrailers(question: TrailingQuestion): Promise<UpstreamAnswer | UpstreamFailure> {
  const { settings, abortSignal, firstByteTimeoutMs, onInformation } = question;
  return new Promise((resolve) => {
    const request = send(question);
    const giveUp = (message: string) => {
      resolve({ outcome: 'timeout', message });
      request.destroy();
    };
    const patience = setTimeout(() => giveUp('no answer began in time'), firstByteTimeoutMs);
    const connecting = setTimeout(() => giveUp('no connection in time'), settings.connect_timeout_ms);
    request.once('socket', (socket) => whenOpen(socket, () => clearTimeout(connecting)));
    request.once('close', () => {
      clearTimeout(connecting);
      clearTimeout(patience);
    });
    request.on('information', ({ statusCode, rawHeaders }) => onInformation?.(statusCode, rawHeaders));
    request.on('error', (error) => resolve(upstreamFailure(error, abortSignal)));
    request.once('response', (answer) => {
      clearTimeout(patience);
      resolve(answerOf(answer, settings.idle_timeout_ms));
    });
  });
}

function send(question: TrailingQuestion): http.ClientRequest {
  const { agent, origin, method, path, headers, body, trailers, abortSignal } = question;
  const { protocol, hostname, port, host } = new URL(origin);
  const request = (protocol === 'https:' ? https : http).request({
    agent,
    // Of an IPv6 address without its brackets.
    host: hostname.replace(/^\[|\]$/g, ''),
    port,
    method,
    path,
    headers: ['host', host, ...headers, 'transfer-encoding', 'chunked'],
    signal: abortSignal,
  });
  request.write(body);
  request.addTrailers(pairsOf(trailers));
  request.end();
  return request;
}

/** Of TLS: once both sides know each other. */
function whenOpen(socket: Socket | TLSSocket, then: () => void): void {
  if ('secureConnecting' in socket ? socket.secureConnecting : socket.connecting) {
    socket.once('secureConnecting' in socket ? 'secureConnect' : 'connect', then);
  } else then();
}

function answerOf(answer: http.IncomingMessage, idleTimeoutMs: number): UpstreamAnswer {
  answer.setTimeout(idleTimeoutMs, () => answer.destroy(new errors.BodyTimeoutError()));
  // Where nobody is reading, an error that comes is told with the next piece.
  answer.on('error', () => {});
  return {
    outcome: 'answered',
    status: answer.statusCode ?? 0,
    statusText: answer.statusMessage ?? '',
    headers: answer.rawHeaders,
    trailers: () => answerTrailers(answer.trailers as Record<string, string>),
    body: {
      [Symbol.asyncIterator]: () => answer[Symbol.asyncIterator](),
      destroy: () => void answer.destroy(),
    },
  };
}

function pairsOf(raw: RawHeaders): [string, string][] {
  return Array.from({ length: raw.length / 2 }, (_, at) => [raw[2 * at] ?? '', raw[2 * at + 1] ?? '']);
}
