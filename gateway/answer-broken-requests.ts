import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { OwnAnswer } from './dialects/dialect.ts';
import type { VoiceOf } from './dialects/nearest-voice.ts';

/** What becomes of requests that are not even HTTP. */
export interface BrokenRequests {
  /** In whose form they are answered. */
  readonly voiceOf: VoiceOf;
  /** Told of each. */
  onRefused(): void;
}

const STATUSES: Readonly<Record<string, [status: number, text: string, code: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large', 'headers_too_large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'request_timeout'],
};

/** What Node tells of such a request; the packet is the one that broke it, seldom not the first. */
type BrokenRequest = NodeJS.ErrnoException & { readonly rawPacket?: Buffer };

/** A client's connection; the message is the answer that goes out on it now. */
type ClientSocket = Socket & { readonly _httpMessage?: ServerResponse | null };

const REQUEST_LINE_BYTES = 4_096;

/** How long a client may leave its own half open after its answer. */
const CLOSING_MS = 2_000;

/** What Node's parser refuses never becomes an exchange; it still gets an id and the form of a dialect. */
export function answerBrokenRequests(server: Server, { voiceOf, onRefused }: BrokenRequests): void {
  server.on('clientError', (error: BrokenRequest, socket: ClientSocket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    onRefused();
    const earlier = socket._httpMessage;
    // The answer to the request before is not broken into, and nothing stands in its place: late is the head behind it.
    if (earlier && (earlier.headersSent || error.code === 'ERR_HTTP_REQUEST_TIMEOUT')) {
      earlier.once('close', () => endSoon(socket));
      return;
    }
    const [status, text, code] = STATUSES[error.code ?? ''] ?? [400, 'Bad Request', 'bad_http'];
    const message = `the request is not HTTP that this gateway reads: ${error.code ?? error.message}`;
    const answer = voiceOf(targetOf(error)).error({ status, code, message, at: null });
    endSoon(socket, answerText(text, answer, status));
  });
  // Node's own answer would be to close the connection.
  server.on('connect', (request: IncomingMessage, socket: Duplex) => {
    onRefused();
    const message = `CONNECT ${(request.url ?? '').slice(0, 100)} asks for a forward proxy, which this is not`;
    const answer = voiceOf('/').error({ status: 400, code: 'bad_target', message, at: null });
    socket.on('error', () => socket.destroy());
    endSoon(socket, answerText('Bad Request', answer, 400));
  });
}

/** The path that was asked for, as far as it can be told. */
function targetOf({ rawPacket }: BrokenRequest): string {
  const line = rawPacket?.toString('latin1', 0, REQUEST_LINE_BYTES) ?? '';
  return /^[A-Z]+ (\/\S*)/.exec(line)?.[1] ?? '/';
}

function endSoon(socket: Duplex, text = ''): void {
  socket.end(text);
  const timer = setTimeout(() => socket.destroy(), CLOSING_MS).unref();
  socket.once('close', () => clearTimeout(timer));
}

function answerText(reason: string, { contentType, body }: OwnAnswer, status: number): string {
  return [
    `HTTP/1.1 ${status} ${reason}`,
    `content-type: ${contentType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `x-telltale-exchange-id: ${randomUUID()}`,
    'connection: close',
    '',
    body,
  ].join('\r\n');
}
